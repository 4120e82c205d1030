import { fileMapping } from '../greys/file-interest.js';
import type { GreyValues } from '../greys/grey-values.js';
import type { DecodedImage, ReadImage } from '../image/decoded-image.js';
import type { FrameCost } from '../image/frame-cost.js';
import { ImageError } from '../image/image-error.js';
import { checkDeclared, type ImageLimits } from '../image/limits.js';
import type { Reading } from '../image/reading.js';
import type { ValueWindow } from '../image/window.js';
import type { Attributes } from './attributes.js';
import { rgbOf } from './colours.js';
import { FrameAttributes } from './frame-attributes.js';
import { FrameSource } from './frame-source.js';
import { greyLevels } from './grey-levels.js';
import { storedGreys, unitOf } from './grey-values.js';
import { groupOf } from './group-of.js';
import type { LookupTable } from './lookup-table.js';
import { type ModalityTransform, modalityRange, modalityTransform } from './modality-transform.js';
import { paletteRgb, readPalette } from './palette.js';
import { pictureNotes } from './picture-notes.js';
import { describePixels, isColour, type PixelDescription } from './pixel-description.js';
import { readDataSet } from './read-data-set.js';
import { type FrameSamples, type StoredValues, storableRange, storedValues } from './stored-values.js';
import { type TechnicalTags, technicalTags } from './technical-tags.js';
import { type FrameCoding, frameCodingOf } from './transfer-syntax.js';
import { type ValuesOfInterest, valuesOfInterest } from './values-of-interest.js';

/**
 * What decoding a frame takes: greys of up to 16 bits and beyond, colours. The figures of JPEG 2000 are the largest of
 * its family.
 */
const bytesPerPixel: Readonly<Record<FrameCoding, { grey: number; deep: number; colour: number }>> = {
  none: { grey: 4, deep: 6, colour: 7 },
  deflate: { grey: 6, deep: 10, colour: 10 },
  rle: { grey: 4, deep: 10, colour: 7 },
  jpegFamily: { grey: 10, deep: 10, colour: 22 },
};

/** Bytes of a grey value deeper than 8 bits, before it is rendered. */
const valueBytes = 2;

type Picture = Pick<DecodedImage, 'mode' | 'data' | 'notes'>;

/** A frame as a file stores it: greys as the numbers that they are, or RGB. */
export interface StoredFrame extends Pick<DecodedImage, 'width' | 'height' | 'frameCount' | 'mode'> {
  readonly data: Uint8Array | StoredValues;
  readonly dicom: TechnicalTags;
}

/** A DICOM file that is read once; its frames are decoded one by one, as they are asked for. */
export class DicomFile {
  readonly #transferSyntax: string;
  readonly #attributes: Attributes;
  readonly #frames: FrameAttributes;
  readonly #pixels: PixelDescription;
  readonly #samples: FrameSource;
  readonly #padding: ValueWindow | undefined;
  readonly #group: Pick<ReturnType<typeof groupOf>, 'group'>;
  readonly #notes: readonly string[];
  #palette: readonly LookupTable[] | undefined;

  /**
   * Reads a file (PS3.10) up to its pixels and checks what it declares. Errors: `no-pixels`, `corrupt-image`,
   * `unsupported-encoding`, and those of the limits.
   */
  constructor(bytes: Uint8Array, limits: ImageLimits, { dicomGroups }: Reading = {}) {
    const { transferSyntax, attributes, pixels: element } = readDataSet(bytes, limits.maximumBytes);
    if (!element) {
      throw new ImageError('no-pixels', 'The DICOM file holds no integer pixels; send an image object.');
    }
    const coding = frameCodingOf(transferSyntax);
    this.#transferSyntax = transferSyntax;
    this.#attributes = attributes;
    this.#pixels = describePixels(attributes);
    const { columns: width, rows: height, frameCount } = this.#pixels;
    checkDeclared({ width, height, frameCount }, 0, limits);
    this.#samples = new FrameSource(element, this.#pixels, coding, attributes, limits.maximumPixels);
    this.#frames = new FrameAttributes(attributes);
    this.#padding = paddingOf(attributes, this.#pixels);
    const { notes, ...group } = groupOf(attributes, dicomGroups);
    this.#group = group;
    this.#notes = [...pictureNotes(attributes), ...notes];
  }

  /** What decoding one frame costs. */
  get cost(): FrameCost {
    const { columns, rows, samplesPerPixel, photometric, bitsAllocated } = this.#pixels;
    const isColour = samplesPerPixel === 3 || photometric === 'PALETTE COLOR';
    const decoding = bytesPerPixel[this.#samples.coding][isColour ? 'colour' : bitsAllocated > 16 ? 'deep' : 'grey'];
    return {
      pixels: columns * rows,
      bytesPerPixel: decoding + (!isColour && bitsAllocated > 8 ? valueBytes : 0),
      channels: isColour ? 3 : 1,
    };
  }

  get frameCount(): number {
    return this.#pixels.frameCount;
  }

  /**
   * Decodes a frame, counted from 0, to 8 bits: greys by rescale slope and window, MONOCHROME1 inverted, single bits
   * black and white, colours as RGB. Of the tags only the technical ones survive. Errors: `corrupt-image`,
   * `unsupported-encoding`, `out-of-memory`.
   */
  async frame(index: number): Promise<DecodedImage> {
    const { columns: width, rows: height, frameCount } = this.#pixels;
    const dicom = technicalTags(this.#transferSyntax, this.#attributes, this.#frames, this.#pixels, index);
    const picture = await this.#samples.use(index, (frame) => this.#picture(frame, index));
    return { width, height, format: 'dicom', frameCount, dicom, ...this.#withNotes(picture) };
  }

  /**
   * Decodes a frame as `frame` does, but greys deeper than 8 bits to their values, which no window has touched. Errors
   * as those of `frame`.
   */
  async read(index: number): Promise<ReadImage> {
    const { columns: width, rows: height, frameCount } = this.#pixels;
    const dicom = technicalTags(this.#transferSyntax, this.#attributes, this.#frames, this.#pixels, index);
    const content = await this.#samples.use(
      index,
      (frame) => this.#greyValues(frame, index) ?? this.#picture(frame, index),
    );
    return { width, height, format: 'dicom', frameCount, dicom, ...this.#withNotes(content) };
  }

  /**
   * Decodes a frame, counted from 0, to its stored values, to which neither a rescale nor a window was applied; colours
   * come as RGB of 8 bits. Errors as those of `frame`.
   */
  async storedFrame(index: number): Promise<StoredFrame> {
    const { columns: width, rows: height, frameCount, photometric, signed } = this.#pixels;
    const dicom = technicalTags(this.#transferSyntax, this.#attributes, this.#frames, this.#pixels, index);
    const isGrey = !isColour(photometric) && photometric !== 'PALETTE COLOR';
    const stored = await this.#samples.use(index, (frame) =>
      isGrey
        ? { mode: 'grey' as const, data: storedValues(frame, signed) }
        : { mode: 'rgb' as const, data: this.#picture(frame, index).data },
    );
    return { width, height, frameCount, dicom, ...stored };
  }

  #withNotes<Content extends { readonly notes: readonly string[] }>(content: Content) {
    return { ...this.#group, ...content, notes: [...content.notes, ...this.#notes] };
  }

  #picture(frame: FrameSamples, index: number): Picture {
    const { photometric, signed, bitsAllocated } = this.#pixels;
    if (isColour(photometric)) return { mode: 'rgb', data: rgbOf(frame, this.#pixels), notes: [] };
    if (photometric === 'PALETTE COLOR') {
      if (frame.samples instanceof Uint32Array) {
        throw new ImageError('unsupported-encoding', 'The DICOM file has a palette of 32 bits; convert it to RGB.');
      }
      this.#palette ??= readPalette(this.#attributes, signed);
      return { mode: 'rgb', data: paletteRgb(this.#palette, frame, signed), notes: [] };
    }
    const inverted = this.#isInverted;
    if (bitsAllocated === 1) {
      return { mode: 'bilevel', data: blackAndWhite(frame, inverted), notes: [] };
    }
    const { modality, interest } = this.#valuesOf(frame, index);
    const mapping = fileMapping(interest);
    const { data, note } = greyLevels(frame, { signed, modality, mapping, padding: this.#padding, inverted });
    return { mode: 'grey', data, notes: [note] };
  }

  /** The values of a frame of greys that are deeper than 8 bits. */
  #greyValues(frame: FrameSamples, index: number) {
    const { columns: width, rows: height, photometric, signed } = this.#pixels;
    const isGrey = photometric === 'MONOCHROME1' || photometric === 'MONOCHROME2';
    if (!isGrey || frame.bitsStored <= 8) return undefined;
    const { modality, interest } = this.#valuesOf(frame, index);
    const { stored, pixels, notes } = storedGreys(frame, { signed, modality, padding: this.#padding });
    const unit = unitOf(this.#attributes, this.#frames, index);
    const greys: GreyValues = {
      width,
      height,
      stored,
      pixels: { ...pixels, ...(unit && { unit }), ...(this.#isInverted && { inverted: true }), ...interest },
    };
    return { mode: 'grey' as const, greys, notes };
  }

  #valuesOf(frame: FrameSamples, index: number): { modality: ModalityTransform; interest: ValuesOfInterest } {
    const { signed } = this.#pixels;
    const modality = modalityTransform(this.#attributes, this.#frames, signed, index);
    const isSignedValue = modalityRange(modality, storableRange(frame, signed)).low < 0;
    return { modality, interest: valuesOfInterest(this.#frames, index, isSignedValue) };
  }

  /** What Presentation LUT Shape says (PS3.3, C.11.6), else the photometric interpretation. */
  get #isInverted(): boolean {
    const shape = this.#attributes.text('x20500020');
    if (shape === 'INVERSE' || shape === 'IDENTITY') return shape === 'INVERSE';
    return this.#pixels.photometric === 'MONOCHROME1';
  }
}

/** 0 and 255 of single bits. */
function blackAndWhite({ samples }: FrameSamples, inverted: boolean): Uint8Array {
  const white = inverted ? 0 : 1;
  const data = new Uint8Array(samples.length);
  for (let i = 0; i < data.length; i++) data[i] = samples[i] === white ? 255 : 0;
  return data;
}

/** Stored values that are padding (PS3.3, C.7.5.1.1.2). */
function paddingOf(attributes: Attributes, { signed }: PixelDescription): ValueWindow | undefined {
  const [padding] = attributes.words('x00280120', signed);
  if (padding === undefined) return undefined;
  const limit = attributes.words('x00280121', signed)[0] ?? padding;
  return { low: Math.min(padding, limit), high: Math.max(padding, limit) };
}
