import { readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  type FileOutcome,
  type Image,
  type ImageFormat,
  type Label,
  ProblemError,
  type Split,
  type Upload,
} from '@mediclip/contracts';
import {
  type DicomIdentity,
  type Frame,
  ImageError,
  type ImagingPool,
  type ImageDescription as KnownOfImage,
  type Reading,
} from '@mediclip/imaging';
import { problemOf } from '@mediclip/problems';
import type { ImageDescription, ImageRepository } from '@mediclip/store';
import type { ByteBudget, Lease, TaskStream } from '@mediclip/threads';
import { type FileNames, keptNames } from './file-names.js';
import type { SpooledFile } from './spool.js';

/** A file that is to become an image of a data set. */
export interface IncomingImage {
  readonly fileName: string;
  readonly split: Split;
  readonly label: Label;
  /** In place of the one that the file tells. */
  readonly group?: string | undefined;
  /** How the file is read, where that can be done in more than one way. */
  readonly reading?: Reading | undefined;
  readonly file: SpooledFile;
  /** A problem in place of a mask that came, but cannot belong to this file. */
  readonly mask?: SpooledFile | ProblemError | undefined;
}

export interface IntakeOptions {
  readonly images: ImageRepository;
  readonly imaging: Pick<ImagingPool, 'frame' | 'frames' | 'identity'>;
  /** What becomes of names; by default they are kept. */
  readonly names?: FileNames | undefined;
  /** Seals which instance a DICOM file is; without it nothing of that is kept. */
  readonly seal?: ((identity: DicomIdentity) => Uint8Array | undefined) | undefined;
  /** Place of the first file in the upload, where that comes in parts; by default 0. */
  readonly firstIndex?: number | undefined;
  readonly datasetId: string;
  /** Images that the data set may get yet. */
  readonly room: number;
  /** Images of the largest data set that is allowed, for people to read. */
  readonly datasetImages: number;
  readonly maximumBytes: number;
  /** The same again when the upload is repeated with its `Idempotency-Key`. */
  readonly uploadId: string;
  /** Whether no other process has taken over the upload. */
  readonly isOurs: () => Promise<boolean>;
  readonly signal: AbortSignal;
  /** The tenant: files of different ones take turns. */
  readonly caller: string;
  /** The budget of this process for files on their way to the store. */
  readonly memory: ByteBudget;
}

type StorableFrame = Frame<{ readonly stored: { readonly folder: string } }>;

/** A mask that was read, in a file of this machine. */
interface FoundMask {
  readonly path: string;
  readonly width: number;
  readonly height: number;
}

/** A file whose first frame has been decoded; the others are decoded as they are stored. */
interface OpenFile {
  readonly first: StorableFrame;
  readonly others: TaskStream<StorableFrame>;
  readonly mask: FoundMask | undefined;
  readonly maskNotes: readonly string[];
  readonly reference: Uint8Array | undefined;
}

/** A file of which not all is stored. */
interface WaitingFile {
  readonly image: IncomingImage;
  readonly checked: Promise<Checked>;
  readonly index: number;
  readonly stored: Promise<void>;
}

type Checked = { readonly file: OpenFile } | { readonly problem: unknown };

const mediaTypes = {
  png: 'image/png',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  tiff: 'image/tiff',
  bmp: 'image/bmp',
  gif: 'image/gif',
  dicom: 'image/png',
  nifti: 'image/png',
} as const satisfies Record<ImageFormat, ImageDescription['mediaType']>;

const checkedAtOnce = 4;
const checkedAtOnceBytes = 64 * 1024 * 1024;

/**
 * Takes the files of an upload one after the other: decodes a few at once to check them, stores their bytes in order,
 * those of a file with several frames while the next frames are decoded, and puts all of them into the data set at the
 * end. A bad file becomes an outcome; everything else that goes wrong is thrown, and then `discard` removes what was
 * stored.
 */
export class ImageIntake {
  readonly #outcomes: FileOutcome[] = [];
  readonly #stored: Image[] = [];
  /** Files that are not stored yet, in order. */
  readonly #waiting: WaitingFile[] = [];
  /** Ends the work on files that are not wanted any more. */
  readonly #discarded = new AbortController();
  readonly #signal: AbortSignal;
  readonly #names: FileNames;
  /** Settles when the files taken so far are stored. */
  #storing: Promise<void> = Promise.resolve();
  #count: number;

  readonly #options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#discarded.signal]);
    this.#count = options.firstIndex ?? 0;
    this.#names = options.names ?? keptNames;
  }

  /** Takes a file; waits while as many as are checked at once are under way. */
  async add(incoming: IncomingImage): Promise<void> {
    const { fileName, group } = incoming;
    const shown = {
      fileName: this.#names.of(fileName),
      ...(group !== undefined && { group: this.#names.ofGroup(group) }),
    };
    const image = { ...incoming, ...shown };
    const checked = this.#check(image).then(
      (file) => ({ file }),
      (problem: unknown) => ({ problem }),
    );
    const file = { image, checked, index: this.#count++ };
    // Not when the next file comes: a client that is slow would keep a thread, which belongs to a file until its frames
    // are stored.
    const stored = this.#storing.then(() => this.#storeNext(file));
    stored.catch(() => undefined);
    this.#storing = stored;
    this.#waiting.push({ ...file, stored });
    while (this.#waiting.length >= checkedAtOnce || this.#bytesUnderWay() > checkedAtOnceBytes)
      await this.#waiting[0]?.stored;
  }

  /** Notes a file that is no image of the data set. */
  async skip(fileName: string, reason: string): Promise<void> {
    await this.#storing;
    const shown = { fileName: this.#names.of(fileName), reason: this.#names.inSentence(reason) };
    this.#outcomes.push({ index: this.#count++, outcome: 'skipped', ...shown });
  }

  /** Notes a file that is not usable for a reason that its content does not tell. */
  async reject(fileName: string, problem: ProblemError): Promise<void> {
    await this.#storing;
    const { slug, message, extras } = problem;
    const shown = new ProblemError(slug, this.#names.inSentence(message), extras);
    this.#outcomes.push(rejected(this.#count++, this.#names.of(fileName), shown));
  }

  /** How many images are stored of the files so far, and their bytes with those of their masks. */
  async stored(): Promise<{ readonly images: number; readonly bytes: number }> {
    await this.#storing;
    const bytes = this.#stored.reduce((sum, { sizeBytes, mask }) => sum + sizeBytes + (mask?.sizeBytes ?? 0), 0);
    return { images: this.#stored.length, bytes };
  }

  /** Puts the stored images into the data set. */
  async commit(): Promise<Upload> {
    await this.#storing;
    this.#options.signal.throwIfAborted();
    await this.#options.images.commit(this.#options.datasetId, this.#stored);
    const count = (outcome: FileOutcome['outcome']) => this.#outcomes.filter((o) => o.outcome === outcome).length;
    return {
      outcomes: this.#outcomes,
      stored: count('stored'),
      rejected: count('rejected'),
      skipped: count('skipped'),
    };
  }

  /** Removes the bytes that were stored, unless they are by now those of a process that has taken over the upload. */
  async discard(): Promise<void> {
    this.#discarded.abort(new Error('The upload was discarded.'));
    await this.#storing.catch(() => undefined);
    const ended = this.#waiting.map(async ({ checked }) => {
      const result = await checked;
      if ('file' in result) await result.file.others.return();
    });
    await Promise.all(ended);
    await this.#discard(this.#stored);
  }

  async #discard(images: readonly Image[]): Promise<void> {
    if (await this.#options.isOurs()) await this.#options.images.discard(this.#options.datasetId, images);
  }

  async #storeNext({ image, checked, index }: Omit<WaitingFile, 'stored'>): Promise<void> {
    const result = await checked;
    this.#signal.throwIfAborted();
    this.#waiting.shift();
    const outcome = 'file' in result ? this.#store(image, index, result.file) : Promise.reject(result.problem);
    this.#outcomes.push(
      await outcome.then(
        (stored) => ({
          index,
          fileName: image.fileName,
          outcome: 'stored' as const,
          imageIds: stored.map(({ id }) => id),
          split: image.split,
          label: image.label,
          ...(stored[0]?.group !== undefined && { group: stored[0].group }),
          hasMask: stored[0]?.mask !== undefined,
          notes: stored[0]?.notes ?? [],
        }),
        (error: unknown) => rejected(index, image.fileName, ofFile(error)),
      ),
    );
  }

  /** Stores all frames of a file. Of a file that turns out to be bad none stays. */
  async #store(image: IncomingImage, index: number, { first, others, ...rest }: OpenFile): Promise<Image[]> {
    const { room, datasetImages } = this.#options;
    const begin = this.#stored.length;
    try {
      if (begin + imagesOf(first.description) > room) {
        throw new ProblemError('data-set-full', undefined, { limit: datasetImages });
      }
      await this.#storeFrame(image, first, { file: index, frame: 0 }, rest);
      let frame = 1;
      for await (const other of others) {
        this.#signal.throwIfAborted();
        await this.#storeFrame(image, other, { file: index, frame: frame++ }, rest);
      }
      return this.#stored.slice(begin);
    } catch (error) {
      await others.return();
      if (isOfFile(error)) await this.#discard(this.#stored.splice(begin));
      throw error;
    }
  }

  async #storeFrame(
    { fileName, split, label, group: given, file }: IncomingImage,
    { description, stored }: StorableFrame,
    place: { readonly file: number; readonly frame: number },
    { mask, maskNotes, reference }: Omit<OpenFile, 'first' | 'others'>,
  ): Promise<void> {
    const { datasetId, images, uploadId } = this.#options;
    const { format, width, height, dicom, pixels } = description;
    const group = given ?? description.group;
    const record: ImageDescription = {
      fileName,
      split,
      label,
      ...(group !== undefined && { group }),
      format,
      mediaType: stored?.isMade ? 'image/png' : mediaTypes[format],
      width,
      height,
      notes: [...description.notes, ...maskNotes],
      ...(imagesOf(description) > 1 && { frame: place.frame + 1 }),
      ...(dicom && { technicalTags: { ...dicom, pixelSpacingMm: dicom.pixelSpacingMm && [...dicom.pixelSpacingMm] } }),
      ...(pixels && { pixels }),
    };
    const source = stored?.path ?? file.path;
    const lease = await this.#memoryFor(mask ? [source, mask.path] : [source]);
    try {
      const bytes = await readFile(source);
      const content = { bytes, mask: mask && { ...mask, bytes: await readFile(mask.path) }, reference };
      this.#stored.push(await images.prepare(datasetId, record, content, { uploadId, ...place }));
    } finally {
      lease.giveBack();
      if (stored) await rm(stored.path);
    }
  }

  /** Memory for all of the files. */
  async #memoryFor(files: readonly string[]): Promise<Lease> {
    const { memory, caller } = this.#options;
    const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
    return memory.take(
      sizes.reduce((sum, size) => sum + size),
      { signal: this.#signal, caller },
    );
  }

  async #check({ file, mask, label, reading }: IncomingImage): Promise<OpenFile> {
    const { imaging, seal, caller } = this.#options;
    if (mask instanceof ProblemError) throw mask;
    this.#assertSize(file);
    // The mask stands before its image in the queue of the threads: an image with several frames keeps its thread until
    // it is stored.
    const maskRead = mask && this.#readMask(mask);
    maskRead?.catch(() => undefined);
    const wants = { stored: { folder: path.dirname(file.path) } };
    const identity = seal && (await imaging.identity({ path: file.path }, { signal: this.#signal, caller }));
    const frames = imaging.frames({ path: file.path }, wants, { signal: this.#signal, caller, reading });
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

  async #readMask(mask: SpooledFile): Promise<{ found: FoundMask; notes: readonly string[] }> {
    const { imaging, caller } = this.#options;
    try {
      this.#assertSize(mask);
      const { description, stored } = await imaging.frame(
        { path: mask.path },
        { stored: { folder: path.dirname(mask.path) }, prepared: { side: 1, kind: 'mask' } },
        { signal: this.#signal, caller },
      );
      const { width, height, notes } = description;
      const found = { path: stored?.path ?? mask.path, width, height };
      return { found, notes: notes.map((note) => `of the mask: ${note}`) };
    } catch (error) {
      if (error instanceof ImageError) throw new ImageError(error.code, `Of the mask: ${error.message}`);
      throw error;
    }
  }

  #assertSize({ sizeBytes, isTooLarge }: SpooledFile): void {
    const { maximumBytes } = this.#options;
    if (isTooLarge) {
      throw new ProblemError('image-too-large', `The file has ${sizeBytes} bytes and may have ${maximumBytes}.`, {
        limit: maximumBytes,
      });
    }
    if (sizeBytes === 0) throw new ProblemError('image-empty');
  }

  #bytesUnderWay(): number {
    return this.#waiting.reduce((sum, { image }) => sum + image.file.sizeBytes, 0);
  }
}

/** Every pixel of a normal image counts as normal, whatever a mask says. */
const unusedMaskNote = 'of the mask: it is kept and not used, because the image is labelled normal';

/** Images that a file becomes. */
function imagesOf({ format, frameCount }: KnownOfImage): number {
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

function isOfFile(error: unknown): error is ProblemError | ImageError {
  return error instanceof ProblemError || error instanceof ImageError;
}

/** The problem of a file. Anything that is not the file's own fault is thrown on. */
function ofFile(error: unknown): ProblemError {
  if (!isOfFile(error)) throw error;
  return problemOf(error);
}

function rejected(index: number, fileName: string, problem: ProblemError): FileOutcome {
  return { index, fileName, outcome: 'rejected', error: problem.toProblem() };
}
