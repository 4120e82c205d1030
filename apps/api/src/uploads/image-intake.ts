import { readFile } from 'node:fs/promises';
import {
  type FileOutcome,
  type Image,
  type ImageFormat,
  type Label,
  ProblemError,
  type Split,
  type Upload,
} from '@mediclip/contracts';
import { ImageError } from '@mediclip/imaging';
import type { ImageContent, ImageDescription, ImageRepository } from '@mediclip/store';
import type { Imaging } from '../dependencies.js';
import { toProblemError } from '../http/to-problem.js';
import type { SpooledFile } from './spool.js';

/** A file that is to become an image of a data set. */
export interface IncomingImage {
  readonly fileName: string;
  readonly split: Split;
  readonly label: Label;
  readonly file: SpooledFile;
  /** A problem in place of a mask that came, but cannot belong to this file. */
  readonly mask?: SpooledFile | ProblemError | undefined;
}

export interface IntakeOptions {
  readonly images: ImageRepository;
  readonly imaging: Imaging;
  readonly datasetId: string;
  /** Images that the data set may get yet. */
  readonly room: number;
  /** Images of the largest data set that is allowed, for people to read. */
  readonly datasetImages: number;
  readonly maximumBytes: number;
  readonly signal: AbortSignal;
}

type Checked = { readonly prepared: readonly [ImageDescription, ImageContent][] } | { readonly problem: unknown };

const mediaTypes = {
  png: 'image/png',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  tiff: 'image/tiff',
  bmp: 'image/bmp',
  gif: 'image/gif',
  dicom: 'image/png',
} as const satisfies Record<ImageFormat, ImageDescription['mediaType']>;

const checkedAtOnce = 4;
const checkedAtOnceBytes = 64 * 1024 * 1024;

/**
 * Takes the files of an upload one after the other: decodes a few at once to check them, stores their bytes in order, and puts
 * all of them into the data set at the end. A bad file becomes an outcome; everything else that goes wrong is thrown, and then
 * `discard` removes what was stored.
 */
export class ImageIntake {
  readonly #outcomes: FileOutcome[] = [];
  readonly #stored: Image[] = [];
  readonly #checking: { image: IncomingImage; checked: Promise<Checked>; index: number }[] = [];
  #count = 0;

  constructor(private readonly options: IntakeOptions) {}

  /** Takes a file; waits while as many as are checked at once are under way. */
  async add(image: IncomingImage): Promise<void> {
    const checked = this.#check(image).then(
      (prepared) => ({ prepared }),
      (problem: unknown) => ({ problem }),
    );
    this.#checking.push({ image, checked, index: this.#count++ });
    while (this.#checking.length >= checkedAtOnce || this.#bytesUnderWay() > checkedAtOnceBytes)
      await this.#storeNext();
  }

  /** Notes a file that is no image of the data set. */
  async skip(fileName: string, reason: string): Promise<void> {
    await this.#storeAll();
    this.#outcomes.push({ index: this.#count++, fileName, outcome: 'skipped', reason });
  }

  /** Notes a file that is not usable for a reason that its content does not tell. */
  async reject(fileName: string, problem: ProblemError): Promise<void> {
    await this.#storeAll();
    this.#outcomes.push(rejected(this.#count++, fileName, problem));
  }

  /** Puts the stored images into the data set. */
  async commit(): Promise<Upload> {
    await this.#storeAll();
    this.options.signal.throwIfAborted();
    await this.options.images.commit(this.options.datasetId, this.#stored);
    const count = (outcome: FileOutcome['outcome']) => this.#outcomes.filter((o) => o.outcome === outcome).length;
    return {
      outcomes: this.#outcomes,
      stored: count('stored'),
      rejected: count('rejected'),
      skipped: count('skipped'),
    };
  }

  /** Removes everything that was stored. */
  async discard(): Promise<void> {
    await Promise.all(this.#checking.map(({ checked }) => checked));
    await this.options.images.discard(this.options.datasetId, this.#stored);
  }

  async #storeAll(): Promise<void> {
    while (this.#checking.length > 0) await this.#storeNext();
  }

  async #storeNext(): Promise<void> {
    const { image, checked, index } = this.#checking[0]!;
    const result = await checked;
    this.#checking.shift();
    this.options.signal.throwIfAborted();
    if ('problem' in result) {
      this.#outcomes.push(rejected(index, image.fileName, ofFile(result.problem)));
      return;
    }
    const { datasetId, images, room, datasetImages } = this.options;
    if (this.#stored.length + result.prepared.length > room) {
      const full = new ProblemError('data-set-full', undefined, { limit: datasetImages });
      this.#outcomes.push(rejected(index, image.fileName, full));
      return;
    }
    const stored: Image[] = [];
    for (const [description, content] of result.prepared) {
      const prepared = await images.prepare(datasetId, description, content);
      this.#stored.push(prepared);
      stored.push(prepared);
    }
    this.#outcomes.push({
      index,
      fileName: image.fileName,
      outcome: 'stored',
      imageIds: stored.map(({ id }) => id),
      split: stored[0]!.split,
      label: stored[0]!.label,
      hasMask: stored[0]!.mask !== undefined,
      notes: stored[0]!.notes,
    });
  }

  async #check({ fileName, split, label, file, mask }: IncomingImage): Promise<[ImageDescription, ImageContent][]> {
    const { imaging, signal } = this.options;
    if (mask instanceof ProblemError) throw mask;
    const bytes = await this.#bytesOf(file);
    const first = await imaging.describe(bytes, { signal });
    const { format, width, height } = first;
    const maskContent = mask && (await this.#maskOf(mask, first));
    const common = { fileName, split, label, format, mediaType: mediaTypes[format], width, height };
    if (format !== 'dicom') {
      const pages = first.frameCount > 1 && format === 'tiff' ? [`first of ${first.frameCount} pages`] : [];
      return [
        [
          { ...common, notes: [...first.notes, ...pages] },
          { bytes, mask: maskContent },
        ],
      ];
    }
    const frames: [ImageDescription, ImageContent][] = [];
    for (let frame = 0; frame < first.frameCount; frame++) {
      const { png, description } = await imaging.png(bytes, { frame, signal });
      const { dicom, notes } = description;
      frames.push([
        {
          ...common,
          notes: [...notes],
          ...(first.frameCount > 1 && { frame: frame + 1 }),
          ...(dicom && {
            technicalTags: { ...dicom, pixelSpacingMm: dicom.pixelSpacingMm && [...dicom.pixelSpacingMm] },
          }),
        },
        { bytes: png, mask: maskContent },
      ]);
    }
    return frames;
  }

  async #maskOf(
    mask: SpooledFile,
    image: { readonly width: number; readonly height: number; readonly frameCount: number; readonly format: string },
  ): Promise<NonNullable<ImageContent['mask']>> {
    const { imaging, signal } = this.options;
    if (image.format === 'dicom' && image.frameCount > 1) {
      throw new ProblemError('mask-size-differs', 'A mask belongs to one image, and this file has several frames.');
    }
    try {
      const bytes = await this.#bytesOf(mask);
      const { width, height, format } = await imaging.describe(bytes, { signal });
      if (width !== image.width || height !== image.height) {
        throw new ProblemError(
          'mask-size-differs',
          `The image has ${image.width} x ${image.height} pixels and its mask ${width} x ${height}.`,
        );
      }
      return { bytes: format === 'dicom' ? (await imaging.png(bytes, { signal })).png : bytes, width, height };
    } catch (error) {
      if (error instanceof ImageError) throw new ImageError(error.code, `Of the mask: ${error.message}`);
      throw error;
    }
  }

  async #bytesOf({ path, sizeBytes, isTooLarge }: SpooledFile): Promise<Uint8Array> {
    const { maximumBytes } = this.options;
    if (isTooLarge) {
      throw new ProblemError('image-too-large', `The file has ${sizeBytes} bytes and may have ${maximumBytes}.`, {
        limit: maximumBytes,
      });
    }
    if (sizeBytes === 0) throw new ProblemError('image-empty');
    return readFile(path);
  }

  #bytesUnderWay(): number {
    return this.#checking.reduce((sum, { image }) => sum + image.file.sizeBytes, 0);
  }
}

/** The problem of a file. Anything that is not the file's own fault is thrown on. */
function ofFile(error: unknown): ProblemError {
  if (!(error instanceof ProblemError || error instanceof ImageError)) throw error;
  return toProblemError(error);
}

function rejected(index: number, fileName: string, problem: ProblemError): FileOutcome {
  return { index, fileName, outcome: 'rejected', error: problem.toProblem() };
}
