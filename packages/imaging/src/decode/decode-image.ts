import { decodeDicom } from '../dicom/decode-dicom.js';
import { CHANNELS, type DecodedImage } from '../image/decoded-image.js';
import { checkBytes, type ImageLimits, resolveLimits } from '../image/limits.js';
import { withinTime } from '../image/time-limit.js';
import { decodeRaster } from '../raster/decode-raster.js';
import { eightBitPixels } from '../raster/eight-bits.js';
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
  const decoded = await withinTime(decodeByFormat(bytes, frame, resolved), resolved.timeoutMs);
  return isEmpty(decoded) ? { ...decoded, notes: [...decoded.notes, EMPTY_NOTE] } : decoded;
}

const EMPTY_NOTE = 'this picture is empty: all its pixels are alike';

async function decodeByFormat(bytes: Uint8Array, frame: number, limits: ImageLimits): Promise<DecodedImage> {
  const format = await detectFormat(bytes);
  if (format === 'dicom') return decodeDicom(bytes, frame, limits);
  const { samples, frameCount } = await decodeRaster(bytes, format, frame, limits);
  const { width, height, mode } = samples;
  return { width, height, mode, format, frameCount, ...eightBitPixels(samples) };
}

/** Whether all pixels have one colour, whatever their alpha. */
function isEmpty({ mode, data }: DecodedImage): boolean {
  const channels = CHANNELS[mode];
  const colours = mode === 'greyAlpha' || mode === 'rgba' || mode === 'paletteAlpha' ? channels - 1 : channels;
  for (let i = 0; i < data.length; i += channels) {
    for (let channel = 0; channel < colours; channel++) {
      if (data[i + channel] !== data[channel]) return false;
    }
  }
  return true;
}
