import path from 'node:path';
import { ProblemError } from '@mediclip/contracts';
import { type Frame, ImageError } from '@mediclip/imaging';
import { type SpooledFile, spool } from '@mediclip/intake';
import { problemOf } from '@mediclip/problems';
import type { Imaging, ServerSettings } from '../dependencies.js';
import type { Call } from '../http/handlers.js';
import { readForm } from '../uploads/form.js';

interface ScoringWants {
  readonly prepared: { readonly side: number; readonly kind: 'test' };
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
  readonly folder: string;
  readonly side: number;
  /** Whether overlays are wanted: then what they are drawn on is kept of each image. */
  readonly withGround: boolean;
  readonly imaging: Imaging;
  readonly settings: ServerSettings;
}

/**
 * The files of the form, decoded and resized to `side`, in their order. Each is decoded once, side by side with others and while the
 * next ones arrive. A bad file costs only itself.
 */
export async function readyImages(
  { request, signal, store }: Call<'scoreImages'>,
  { folder, side, withGround, imaging, settings }: ReadyImagesOptions,
): Promise<(ReadyImage | UnusableFile)[]> {
  const { images: imageLimits, uploads, scores } = settings;
  const refused = new AbortController();
  const wants: ScoringWants = { prepared: { side, kind: 'test' }, ...(withGround && { ground: true }) };
  const options = { signal: AbortSignal.any([signal, refused.signal]), caller: store.tenant };
  const found: Promise<(ReadyImage | UnusableFile)[]>[] = [];
  let readyBefore = Promise.resolve(0);
  try {
    for await (const part of readForm(request, { maximumBytes: uploads.formBytes, maximumFiles: scores.images + 1 })) {
      if (part.name !== 'file' || part.kind !== 'file') throw unknownPart(part.name);
      const index = found.length;
      if (index === scores.images) throw tooMany(scores.images);
      const { fileName } = part;
      const target = path.join(folder, `file-${index}`);
      const file = await spool(part.content, target, { maximumBytes: imageLimits.maximumBytes, signal });
      const before = readyBefore;
      const room = async () => scores.images - (await before);
      const frames = framesOf(file, { imaging, wants, options, limit: imageLimits.maximumBytes, room }).then(
        (all) => all.map((frame, at) => ({ ...frame, fileName, index, frame: at, frames: all.length })),
        (error: unknown): UnusableFile[] => {
          if (!(error instanceof ImageError || error instanceof ProblemError)) throw error;
          return [{ fileName, index, problem: problemOf(error) }];
        },
      );
      found.push(frames);
      readyBefore = Promise.all([before, frames]).then(([count, more]) => count + more.filter(isReady).length);
      readyBefore.catch(() => undefined);
    }
    if (found.length === 0) throw unknownPart('file', 'The form has no `file` part.', 'At least one file is needed');
    return (await Promise.all(found)).flat();
  } finally {
    refused.abort();
    await Promise.allSettled(found);
  }
}

const isReady = (item: ReadyImage | UnusableFile): item is ReadyImage => 'prepared' in item;

/** The frames of a file. Of several, those behind the first are decoded once it is known that the files before leave room for them. */
async function framesOf(
  { path: file, sizeBytes, isTooLarge }: SpooledFile,
  {
    imaging,
    wants,
    options,
    limit,
    room,
  }: {
    readonly imaging: Imaging;
    readonly wants: ScoringWants;
    readonly options: { readonly signal: AbortSignal; readonly caller: string };
    readonly limit: number;
    readonly room: () => Promise<number>;
  },
): Promise<Frame<ScoringWants>[]> {
  if (isTooLarge)
    throw new ProblemError('image-too-large', `The file has ${sizeBytes} bytes and may have ${limit}.`, { limit });
  if (sizeBytes === 0) throw new ProblemError('image-empty');
  const frames: Frame<ScoringWants>[] = [];
  for await (const frame of imaging.frames({ path: file }, wants, options)) {
    if (frames.length === 0) assertRoom(frame, await room());
    frames.push(frame);
  }
  return frames;
}

function assertRoom({ description: { format, frameCount } }: Frame<ScoringWants>, room: number): void {
  const count = format === 'dicom' ? frameCount : 1;
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

function unknownPart(
  name: string,
  detail = `The form has a part ${JSON.stringify(name)}, which is not known.`,
  fault = 'This field is not known',
): ProblemError {
  return new ProblemError('validation-failed', detail, {
    errors: [{ in: 'body', pointer: `/${name}`, detail: fault }],
  });
}
