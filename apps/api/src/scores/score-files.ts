import path from 'node:path';
import { type ChosenIntensity, ProblemError, type SliceAxis, sliceAxisSchema } from '@mediclip/contracts';
import { type Frame, ImageError, type Reading } from '@mediclip/imaging';
import type { FileNames, SpooledFile } from '@mediclip/intake';
import { problemOf } from '@mediclip/problems';
import { discard } from '@mediclip/threads';
import type { Imaging, ServerSettings } from '../dependencies.js';
import type { Call } from '../http/handlers.js';
import type { ServerMemory } from '../memory.js';
import { readForm } from '../uploads/form.js';
import { type HeldFile, hold } from '../uploads/hold.js';
import type { ReadyMemory } from './ready-memory.js';
import type { ScoreDeadline } from './score-deadline.js';

/** What scoring takes of a frame. */
export interface ScoringWants {
  readonly prepared: { readonly side: number; readonly kind: 'test' };
  readonly intensity?: ChosenIntensity | undefined;
  readonly ground?: true;
}

/** A frame that is ready to be scored. */
export interface ReadyImage extends Frame<ScoringWants> {
  readonly fileName: string;
  readonly index: number;
  /** Counted from 0; only frames of a file with several are told apart. */
  readonly frame: number;
  readonly frames: number;
}

/** A file that cannot be scored. */
export interface UnusableFile {
  readonly fileName: string;
  readonly index: number;
  readonly problem: ProblemError;
}

export interface ReadyImagesOptions {
  /** Made for files that do not stay in memory. */
  readonly folder: () => Promise<string>;
  readonly memory: ServerMemory;
  readonly names: FileNames;
  readonly side: number;
  /** How the model sees greys deeper than 8 bits. */
  readonly intensity: ChosenIntensity | undefined;
  /** Whether overlays are wanted: then what they are drawn on is kept of each image. */
  readonly withGround: boolean;
  readonly imaging: Imaging;
  readonly settings: ServerSettings;
  readonly ready: ReadyMemory;
  /** Begins when all files have arrived. */
  readonly deadline: Pick<ScoreDeadline, 'begin'>;
}

/**
 * The files of the form, decoded and resized to `side`, in their order. Each is decoded once, side by side with others
 * and while the next ones arrive. A bad file costs only itself. The memory that images take until they are scored is
 * taken from `ready`.
 */
export async function readyImages(
  { request, signal, store }: Call<'scoreImages'>,
  { folder, side, intensity, withGround, imaging, settings, memory, names, ready, deadline }: ReadyImagesOptions,
): Promise<(ReadyImage | UnusableFile)[]> {
  const { images: imageLimits, uploads, scores } = settings;
  const refused = new AbortController();
  const wants: ScoringWants = { prepared: { side, kind: 'test' }, intensity, ...(withGround && { ground: true }) };
  const options = { signal: AbortSignal.any([signal, refused.signal]), caller: store.tenant };
  const found: Promise<(ReadyImage | UnusableFile)[]>[] = [];
  let readyBefore = Promise.resolve(0);
  let reading: Reading = {};
  let heldBytes = scores.memoryBytes;
  try {
    for await (const part of readForm(request, { maximumBytes: uploads.formBytes, maximumFiles: scores.images + 1 })) {
      if (part.kind === 'field' && part.name === 'axis') {
        reading = { plane: axisIn(part.value) };
        continue;
      }
      if (part.name !== 'file' || part.kind !== 'file') throw unknownPart(part.name);
      const index = found.length;
      if (index === scores.images) throw tooMany(scores.images);
      const fileName = names.of(part.fileName);
      if (index === 0) await ready.takeFor(1);
      else if (index === 1) await ready.takeFor(scores.images);
      const file = await hold(part.content, {
        maximumBytes: imageLimits.maximumBytes,
        heldBytes: Math.min(heldBytes, imageLimits.maximumBytes),
        memory: memory.received,
        path: async () => path.join(await folder(), `file-${index}`),
        signal,
      });
      if ('bytes' in file) heldBytes -= file.sizeBytes;
      const before = readyBefore;
      const room = async () => scores.images - (await before);
      const frames = framesOf(file, {
        imaging,
        wants,
        options: { ...options, reading },
        limit: imageLimits.maximumBytes,
        room,
      }).then(
        (all) => all.map((frame, at) => ({ ...frame, fileName, index, frame: at, frames: all.length })),
        (error: unknown): UnusableFile[] => {
          if (signal.aborted || !(error instanceof ImageError || error instanceof ProblemError)) throw error;
          return [{ fileName, index, problem: problemOf(error) }];
        },
      );
      found.push(frames);
      readyBefore = Promise.all([before, frames]).then(([count, more]) => count + more.filter(isReady).length);
      readyBefore.catch(() => undefined);
    }
    deadline.begin();
    if (found.length === 0) throw unknownPart('file', 'The form has no `file` part.', 'At least one file is needed');
    return (await Promise.all(found)).flat();
  } finally {
    refused.abort();
    await Promise.allSettled(found);
  }
}

const isReady = (item: ReadyImage | UnusableFile): item is ReadyImage => 'prepared' in item;

/**
 * The frames of a file. Of several, those behind the first are decoded once it is known that the files before leave
 * room for them.
 */
export async function framesOf(
  file: HeldFile | SpooledFile,
  {
    imaging,
    wants,
    options,
    limit,
    room,
  }: {
    readonly imaging: Imaging;
    readonly wants: ScoringWants;
    readonly options: { readonly signal: AbortSignal; readonly caller: string; readonly reading?: Reading };
    readonly limit: number;
    readonly room: () => Promise<number>;
  },
): Promise<Frame<ScoringWants>[]> {
  const { sizeBytes, isTooLarge } = file;
  if (isTooLarge)
    throw new ProblemError('image-too-large', `The file has ${sizeBytes} bytes and may have ${limit}.`, { limit });
  if (sizeBytes === 0) throw new ProblemError('image-empty');
  const frames: Frame<ScoringWants>[] = [];
  const source = 'bytes' in file ? file.bytes : { path: file.path };
  try {
    for await (const frame of imaging.frames(source, wants, options)) {
      if (frames.length === 0) assertRoom(frame, await room());
      frames.push(frame);
    }
    if ('bytes' in file) discard([file.bytes]);
  } finally {
    if ('bytes' in file) file.lease.giveBack();
  }
  return frames;
}

function assertRoom({ description: { format, frameCount } }: Frame<ScoringWants>, room: number): void {
  const count = format === 'dicom' || format === 'nifti' ? frameCount : 1;
  if (count <= room) return;
  throw new ProblemError('image-too-many-frames', `The file has ${count} frames; use a scoring job for so many.`, {
    limit: room,
  });
}

function tooMany(limit: number): ProblemError {
  return unknownPart(
    'file',
    `One request may score ${limit} images: use a scoring job for more.`,
    `At most ${limit} files`,
  );
}

function axisIn(value: string): SliceAxis {
  const { data, error } = sliceAxisSchema.safeParse(value);
  if (error) throw unknownPart('axis', `${JSON.stringify(value)} is no axis.`, 'One of `axial`, `coronal`, `sagittal`');
  return data;
}

function unknownPart(
  name: string,
  detail = `The form has a part ${JSON.stringify(name)}, which is not known.`,
  fault = 'This field is not known',
): ProblemError {
  return new ProblemError('validation-failed', detail, {
    errors: [{ in: 'body', pointer: `/${name}`, detail: fault }],
  });
}
