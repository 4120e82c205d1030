import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ProblemError } from '@mediclip/contracts';
import { ImageError, type PreparedImage } from '@mediclip/imaging';
import type { Imaging, ServerSettings } from '../dependencies.js';
import type { Call } from '../http/handlers.js';
import { toProblemError } from '../http/to-problem.js';
import { readForm } from '../uploads/form.js';
import { type SpooledFile, spool } from '../uploads/spool.js';

/** A frame that is ready to be scored. */
export interface ReadyImage {
  readonly fileName: string;
  readonly index: number;
  /** The file on this machine. */
  readonly path: string;
  /** Counted from 0; only frames of a file with several are told apart. */
  readonly frame: number;
  readonly frames: number;
  readonly prepared: PreparedImage;
}

/** A file that cannot be scored. */
export interface UnusableFile {
  readonly fileName: string;
  readonly index: number;
  readonly problem: ProblemError;
}

/** The files of the form, decoded and resized to `side`, in their order. A bad file costs only itself. */
export async function readyImages(
  { request, signal }: Call<'scoreImages'>,
  {
    folder,
    side,
    imaging,
    settings,
  }: {
    readonly folder: string;
    readonly side: number;
    readonly imaging: Imaging;
    readonly settings: ServerSettings;
  },
): Promise<(ReadyImage | UnusableFile)[]> {
  const { images: imageLimits, uploads, scores } = settings;
  const found: (ReadyImage | UnusableFile)[] = [];
  const ready = () => found.reduce((count, item) => count + ('prepared' in item ? 1 : 0), 0);
  let index = 0;
  for await (const part of readForm(request, { maximumBytes: uploads.formBytes, maximumFiles: scores.images + 1 })) {
    if (part.name !== 'file' || part.kind !== 'file') throw unknownPart(part.name);
    if (index === scores.images) throw tooMany(scores.images);
    const { fileName } = part;
    const target = path.join(folder, `file-${index}`);
    const file = await spool(part.content, target, { maximumBytes: imageLimits.maximumBytes, signal });
    try {
      const frames = await prepareFrames(file, {
        imaging,
        side,
        signal,
        limit: imageLimits.maximumBytes,
        room: scores.images - ready(),
      });
      for (const [frame, prepared] of frames.entries()) {
        found.push({ fileName, index, path: target, frame, frames: frames.length, prepared });
      }
    } catch (error) {
      if (!(error instanceof ImageError || error instanceof ProblemError)) throw error;
      found.push({ fileName, index, problem: toProblemError(error) });
    }
    index += 1;
  }
  if (index === 0) throw unknownPart('file', 'The form has no `file` part.', 'At least one file is needed');
  return found;
}

async function prepareFrames(
  { path: file, sizeBytes, isTooLarge }: SpooledFile,
  {
    imaging,
    side,
    signal,
    limit,
    room,
  }: {
    readonly imaging: Imaging;
    readonly side: number;
    readonly signal: AbortSignal;
    readonly limit: number;
    readonly room: number;
  },
): Promise<PreparedImage[]> {
  if (isTooLarge)
    throw new ProblemError('image-too-large', `The file has ${sizeBytes} bytes and may have ${limit}.`, { limit });
  if (sizeBytes === 0) throw new ProblemError('image-empty');
  const bytes = await readFile(file);
  const how = { side, kind: 'test' } as const;
  const first = await imaging.prepare(bytes, how, { signal });
  const count = first.format === 'dicom' ? first.frameCount : 1;
  if (count > room) {
    throw new ProblemError('image-too-many-frames', `The file has ${count} frames; use a scoring job for so many.`, {
      limit: room,
    });
  }
  const frames = [first];
  for (let frame = 1; frame < count; frame++) frames.push(await imaging.prepare(bytes, how, { signal, frame }));
  return frames;
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
