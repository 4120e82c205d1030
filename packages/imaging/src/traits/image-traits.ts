import { createHash } from 'node:crypto';
import { channelsOf, type DecodedImage } from '../image/decoded-image.js';
import { hasColour } from '../prepare/prepare-image.js';
import { toGrey, toRgb } from '../resize/colour.js';
import type { Raster } from '../resize/raster.js';
import { bitDepthOf, jpegQuality } from './file-traits.js';
import { type GreyMeasures, measureGreys } from './grey-measures.js';
import { thumbnail } from './thumbnail.js';

/** What an image can be compared by with others, and told from others by, without any look at what it shows. */
export interface ImageTraits extends GreyMeasures {
  /** SHA-256 of size and pixels, hexadecimal: equal for files of any format that show the same. */
  readonly pixelDigest: string;
  /** Mean greys of a grid of `thumbnailSide` x `thumbnailSide` cells over the whole image, whatever its shape. */
  readonly thumbnail: Uint8Array;
  /** Bits a sample in the file. */
  readonly bitDepth: number;
  /**
   * Quality that the file was compressed with, 1 to 100, as its quantisation says; 100 for what loses nothing or does
   * not say.
   */
  readonly compressionQuality: number;
}

/** The traits of an image that was decoded from `bytes`. */
export function imageTraits(decoded: DecodedImage, bytes: Uint8Array): ImageTraits {
  const { width, height, mode, data } = decoded;
  const raster: Raster = { width, height, channels: channelsOf[mode], data };
  const grey = toGrey(raster);
  return {
    pixelDigest: pixelDigest(hasColour(decoded) ? toRgb(raster) : grey),
    thumbnail: thumbnail(grey),
    bitDepth: decoded.dicom?.bitsStored ?? bitDepthOf(bytes, decoded),
    compressionQuality: jpegQuality(bytes) ?? 100,
    ...measureGreys(grey),
  };
}

function pixelDigest({ width, height, channels, data }: Raster): string {
  return createHash('sha256').update(`${width} x ${height} x ${channels} `).update(data).digest('hex');
}
