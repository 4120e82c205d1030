import type { ImageFormat } from '../decode/detect-format.js';
import type { TechnicalTags } from '../dicom/technical-tags.js';
import type { GreyValues } from '../greys/grey-values.js';

/**
 * How a file stores its pixels. The reference pipeline treats palettes, single bits and alpha in ways of their own,
 * so the mode stays with the pixels.
 */
export type ImageMode = 'grey' | 'greyAlpha' | 'rgb' | 'rgba' | 'palette' | 'paletteAlpha' | 'bilevel';

/** Bytes per pixel by mode: palettes are stored as the colours they name, single bits as 0 and 255. */
export const channelsOf: Readonly<Record<ImageMode, number>> = {
  grey: 1,
  greyAlpha: 2,
  rgb: 3,
  rgba: 4,
  palette: 3,
  paletteAlpha: 4,
  bilevel: 1,
};

/** What is said of an image without content. */
export const emptyNote = 'this picture is empty: all its pixels are alike';

/** An upright image of 8 bits a channel. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  readonly mode: ImageMode;
  /** Row-major, channels interleaved, `width * height * channelsOf[mode]` bytes. */
  readonly data: Uint8Array;
  readonly format: ImageFormat;
  /** Frames of the file, of which this image is one. */
  readonly frameCount: number;
  /** What was decided for the caller, in words, e.g. `first of 30 frames`. */
  readonly notes: readonly string[];
  /** Present on DICOM images: the only tags that survive. */
  readonly dicom?: TechnicalTags;
  /** What other files or frames show parts of too: a digest for the series of DICOM, and for a NIfTI volume. */
  readonly group?: string | undefined;
}

/** An upright grey image deeper than 8 bits, whose values no window has touched. */
export interface DeepImage extends Omit<DecodedImage, 'mode' | 'data'> {
  readonly mode: 'grey';
  readonly greys: GreyValues;
}

/** An image as its file has it: of 8 bits a channel, or the values of deeper greys. */
export type ReadImage = DecodedImage | DeepImage;
