import { readFile, rm, stat } from 'node:fs/promises';
import { type Image, type ImageFormat, ProblemError } from '@mediclip/contracts';
import type { ImageDescription } from '@mediclip/store';
import type { Lease } from '@mediclip/threads';
import { isOfFile } from './file-outcomes.js';
import type { IncomingImage, IntakeOptions } from './intake-options.js';
import { imagesOf, type OpenFile, type StorableFrame } from './open-file.js';

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

/** The images of an upload whose bytes are stored, and which are not in the data set yet. */
export class StagedImages {
  readonly #options: IntakeOptions;
  readonly #signal: AbortSignal;
  readonly #images: Image[] = [];

  constructor(options: IntakeOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /** In the order of their files and frames. */
  get images(): readonly Image[] {
    return this.#images;
  }

  /**
   * Stores all frames of the file at place `index` of the upload. Of a file that turns out to be bad none stays;
   * rejects with what is wrong with it.
   */
  async add(image: IncomingImage, index: number, { first, others, ...rest }: OpenFile): Promise<Image[]> {
    const { room, datasetImages } = this.#options;
    const begin = this.#images.length;
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
      return this.#images.slice(begin);
    } catch (error) {
      await others.return();
      if (isOfFile(error)) await this.#remove(this.#images.splice(begin));
      throw error;
    }
  }

  /** Removes everything, unless it is by now that of a process that has taken over the upload. */
  discard(): Promise<void> {
    return this.#remove(this.#images);
  }

  async #remove(images: readonly Image[]): Promise<void> {
    if (await this.#options.isOurs()) await this.#options.images.discard(this.#options.datasetId, images);
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
      this.#images.push(await images.prepare(datasetId, record, content, { uploadId, ...place }));
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
}
