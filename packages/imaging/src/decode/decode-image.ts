import { decodeDicom } from '../dicom/decode-dicom.js';
import type { DecodedImage } from '../image/decoded-image.js';
import { checkBytes, type ImageLimits, resolveLimits } from '../image/limits.js';
import { withinTime } from '../image/time-limit.js';
import { decodeBmp } from '../raster/bmp.js';
import { decodeRaster } from '../raster/decode-raster.js';
import { detectFormat } from './detect-format.js';

/**
 * Decodes one frame (counted from 0) of an image file to 8 bits a channel, turned upright. The format is told by
 * content: PNG, JPEG, WebP, TIFF, BMP, GIF (first frame) or DICOM. Sizes are checked before any pixel is decoded.
 * Rejects with an ImageError for every file that is damaged, cut short, too large or of another kind; there are no
 * partial images.
 */
export async function decodeImage(
  bytes: Uint8Array,
  limits: Partial<ImageLimits> = {},
  frame = 0,
): Promise<DecodedImage> {
  const resolved = resolveLimits(limits);
  if (!Number.isInteger(frame) || frame < 0) throw new RangeError(`Frame ${frame} is no frame; count from 0.`);
  checkBytes(bytes.length, resolved);
  return withinTime(decodeByFormat(bytes, frame, resolved), resolved.timeoutMs);
}

async function decodeByFormat(bytes: Uint8Array, frame: number, limits: ImageLimits): Promise<DecodedImage> {
  const format = await detectFormat(bytes);
  switch (format) {
    case 'bmp':
      return decodeBmp(bytes, limits);
    case 'dicom':
      return decodeDicom(bytes, frame, limits);
    default:
      return decodeRaster(bytes, format, frame, limits);
  }
}
