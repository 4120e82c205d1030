import path from 'node:path';
import { ProblemError } from '@mediclip/contracts';
import { type Frame, ImageError, type ImageDescription as KnownOfImage } from '@mediclip/imaging';
import type { TaskStream } from '@mediclip/threads';
import type { IncomingImage, IntakeOptions } from './intake-options.js';
import type { SpooledFile } from './spool.js';

/** A frame that was decoded, in a file of this machine where its bytes are not those of its file. */
export type StorableFrame = Frame<{ readonly stored: { readonly folder: string } }>;

/** A mask that was read, in a file of this machine. */
interface FoundMask {
  readonly path: string;
  readonly width: number;
  readonly height: number;
}

/** A file whose first frame has been decoded; the others are decoded as they are stored. */
export interface OpenFile {
  readonly first: StorableFrame;
  readonly others: TaskStream<StorableFrame>;
  readonly mask: FoundMask | undefined;
  readonly maskNotes: readonly string[];
  readonly reference: Uint8Array | undefined;
}

/** What a file is opened with. */
export type OpenOptions = Pick<IntakeOptions, 'imaging' | 'seal' | 'caller' | 'maximumBytes'>;

/** Every pixel of a normal image counts as normal, whatever a mask says. */
const unusedMaskNote = 'of the mask: it is kept and not used, because the image is labelled normal';

/** Decodes the first frame of a file, and its mask. Rejects with a `ProblemError` or an `ImageError` of a bad one. */
export async function openFile(
  { file, mask, label, reading }: IncomingImage,
  options: OpenOptions,
  signal: AbortSignal,
): Promise<OpenFile> {
  const { imaging, seal, caller, maximumBytes } = options;
  if (mask instanceof ProblemError) throw mask;
  assertSize(file, maximumBytes);
  // The mask stands before its image in the queue of the threads: an image with several frames keeps its thread until
  // it is stored.
  const maskRead = mask && readMask(mask, options, signal);
  maskRead?.catch(() => undefined);
  const wants = { stored: { folder: path.dirname(file.path) } };
  const identity = seal && (await imaging.identity({ path: file.path }, { signal, caller }));
  const frames = imaging.frames({ path: file.path }, wants, { signal, caller, reading });
  try {
    const { value: first } = await frames.next();
    if (!first) throw new Error('This is a bug: a decoded file has no image.');
    const read = await maskRead;
    return {
      first,
      others: frames,
      mask: read && maskFor(first.description, read.found),
      maskNotes: read ? [...read.notes, ...(label === 'normal' ? [unusedMaskNote] : [])] : [],
      reference: identity && seal?.(identity),
    };
  } catch (error) {
    await frames.return();
    throw error;
  }
}

async function readMask(
  mask: SpooledFile,
  { imaging, caller, maximumBytes }: OpenOptions,
  signal: AbortSignal,
): Promise<{ found: FoundMask; notes: readonly string[] }> {
  try {
    assertSize(mask, maximumBytes);
    const { description, stored } = await imaging.frame(
      { path: mask.path },
      { stored: { folder: path.dirname(mask.path) }, prepared: { side: 1, kind: 'mask' } },
      { signal, caller },
    );
    const { width, height, notes } = description;
    const found = { path: stored?.path ?? mask.path, width, height };
    return { found, notes: notes.map((note) => `of the mask: ${note}`) };
  } catch (error) {
    if (error instanceof ImageError) throw new ImageError(error.code, `Of the mask: ${error.message}`);
    throw error;
  }
}

function assertSize({ sizeBytes, isTooLarge }: SpooledFile, maximumBytes: number): void {
  if (isTooLarge) {
    throw new ProblemError('image-too-large', `The file has ${sizeBytes} bytes and may have ${maximumBytes}.`, {
      limit: maximumBytes,
    });
  }
  if (sizeBytes === 0) throw new ProblemError('image-empty');
}

/** Images that a file becomes. */
export function imagesOf({ format, frameCount }: KnownOfImage): number {
  return format === 'dicom' || format === 'nifti' || format === 'tiff' ? frameCount : 1;
}

/** The mask, if it can be the image's. */
function maskFor(image: KnownOfImage, mask: FoundMask): FoundMask {
  if (imagesOf(image) > 1) {
    throw new ProblemError('mask-size-differs', 'A mask belongs to one image, and this file has several frames.');
  }
  if (mask.width === image.width && mask.height === image.height) return mask;
  throw new ProblemError(
    'mask-size-differs',
    `The image has ${image.width} x ${image.height} pixels and its mask ${mask.width} x ${mask.height}.`,
  );
}
