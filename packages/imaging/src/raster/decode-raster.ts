import type { Metadata } from 'sharp';
import type { ImageFormat } from '../decode/detect-format.js';
import { CHANNELS, type ImageMode } from '../image/decoded-image.js';
import { corruptImage, ImageError } from '../image/image-error.js';
import { checkDeclared, type ImageLimits } from '../image/limits.js';
import { decodeBmp } from './bmp.js';
import { fillGround, gifMode, readGifFrame } from './gif.js';
import { hasAllIntervals, plainJpeg } from './jpeg.js';
import { checkPng, pngMode } from './png.js';
import { keptChannels, type RasterSamples } from './samples.js';
import { decodeTiff } from './tiff/decode-tiff.js';
import { type VipsFile, type VipsSamples, vipsHeader, vipsPixels } from './vips.js';

export type RasterFormat = Exclude<ImageFormat, 'dicom'>;

/** The stored samples of one frame, and how many frames the file has. */
export interface RasterFrame {
  readonly samples: RasterSamples;
  readonly frameCount: number;
}

/** The decoder met bytes that belong to nothing where an interval or the image was complete. */
const STRAY_BYTES = /extraneous bytes before marker 0xd[0-79]/;

/**
 * Decodes one frame of a PNG, JPEG, WebP, TIFF, BMP or GIF to its stored samples, turned upright by its orientation tag.
 * Colour profiles are not applied, as in the reference pipeline, except that CMYK becomes RGB by a standard profile.
 * Rejects with an ImageError for a file that is damaged, cut short or of an encoding that is not read.
 */
export async function decodeRaster(
  bytes: Uint8Array,
  format: RasterFormat,
  frame: number,
  limits: ImageLimits,
): Promise<RasterFrame> {
  switch (format) {
    case 'bmp':
      return { samples: decodeBmp(bytes, frame, limits), frameCount: 1 };
    case 'tiff':
      return decodeTiff(bytes, frame, limits);
    case 'png':
      checkPng(bytes);
      return decodeByVips({ bytes, format: 'PNG' }, frame, limits, (header) => pngMode(bytes, header.hasAlpha));
    case 'gif': {
      const first = readGifFrame(bytes);
      const decoded = await decodeByVips({ bytes: first.opaque, format: 'GIF' }, frame, limits, () =>
        gifMode(first.palette),
      );
      fillGround(decoded.samples, first);
      return decoded;
    }
    case 'jpeg':
      return decodeJpeg(plainJpeg(bytes), frame, limits);
    case 'webp':
      return decodeByVips({ bytes, format: 'WebP' }, frame, limits, modeOf);
  }
}

async function decodeJpeg(bytes: Uint8Array, frame: number, limits: ImageLimits): Promise<RasterFrame> {
  const file: VipsFile = { bytes, format: 'JPEG' };
  try {
    return await decodeByVips(file, frame, limits, modeOf);
  } catch (error) {
    const isWhole = error instanceof ImageError && STRAY_BYTES.test(error.message) && hasAllIntervals(bytes);
    if (!isWhole) throw error;
    const { samples, frameCount } = await decodeByVips({ ...file, allowsWarnings: true }, frame, limits, modeOf);
    return {
      samples: { ...samples, notes: ['bytes of the file that belong to no pixel were passed over'] },
      frameCount,
    };
  }
}

async function decodeByVips(
  file: VipsFile,
  frame: number,
  limits: ImageLimits,
  mode: (header: Metadata) => ImageMode,
): Promise<RasterFrame> {
  const header = await vipsHeader(file, limits);
  const frameCount = header.pages ?? 1;
  checkDeclared({ width: header.width, height: header.height, frameCount }, frame, limits);
  if (frameCount > 1 && frame > 0) {
    throw new ImageError('no-such-frame', 'Only the first frame of an animation is read; ask for frame 0.');
  }
  const pixels = await pixelsOf(file, header, mode(header), limits);
  const upright = header.autoOrient ?? header;
  if (pixels.width !== upright.width || pixels.height !== upright.height) {
    throw corruptImage(file.format, 'its pixels have another size than its header says');
  }
  const notes = frameCount > 1 ? [`first of ${frameCount} frames`] : [];
  return { samples: { ...pixels, mode: mode(header), notes }, frameCount };
}

async function pixelsOf(file: VipsFile, header: Metadata, mode: ImageMode, limits: ImageLimits) {
  const isDeep = header.depth === 'ushort';
  const isGrey = mode === 'grey' || mode === 'bilevel' || (mode === 'greyAlpha' && isDeep);
  const kind: VipsSamples = isGrey ? (isDeep ? 'grey16' : 'b-w') : isDeep ? 'rgb16' : 'srgb';
  const isUpright = (header.orientation ?? 1) === 1;
  const pixels = await vipsPixels(file, kind, limits, { isUpright });
  return {
    width: pixels.width,
    height: pixels.height,
    data: keptChannels(pixels.data, pixels.channels, CHANNELS[mode]),
  };
}

function modeOf({ space, hasAlpha }: Metadata): ImageMode {
  if (space === 'b-w' || space === 'grey16') return hasAlpha ? 'greyAlpha' : 'grey';
  return hasAlpha ? 'rgba' : 'rgb';
}
