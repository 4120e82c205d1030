import type { Metadata } from 'sharp';
import type { ImageFormat } from '../decode/detect-format.js';
import { channelsOf, type ImageMode } from '../image/decoded-image.js';
import type { FrameCost } from '../image/frame-cost.js';
import { corruptImage, ImageError } from '../image/image-error.js';
import { checkDeclared, type ImageLimits } from '../image/limits.js';
import type { Reading } from '../image/reading.js';
import { openNifti } from '../nifti/open-nifti.js';
import { openBmp } from './bmp.js';
import { fillGround, gifMode, readGifFrame } from './gif.js';
import { hasAllIntervals, plainJpeg } from './jpeg.js';
import { checkedPngFrames, pngMode } from './png.js';
import { keptChannels, type RasterFile } from './samples.js';
import { openTiff } from './tiff/decode-tiff.js';
import { type VipsFile, type VipsSamples, vipsHeader, vipsPixels } from './vips.js';
import { isLossyWebp } from './webp.js';

export type RasterFormat = Exclude<ImageFormat, 'dicom'>;

/** The decoder met bytes that belong to nothing where an interval or the image was complete. */
const strayBytes = /extraneous bytes before marker 0xd[0-79]/;

/**
 * Opens a PNG, JPEG, WebP, TIFF, BMP or GIF, whose frames are decoded to their stored samples, turned upright by their
 * orientation tag. Colour profiles are not applied, as in the reference pipeline, except that CMYK becomes RGB by a
 * standard profile. Rejects with an ImageError for a file whose header is damaged or not within the limits.
 */
export async function openRaster(
  bytes: Uint8Array,
  format: RasterFormat,
  limits: ImageLimits,
  reading: Reading = {},
): Promise<RasterFile> {
  switch (format) {
    case 'bmp':
      return openBmp(bytes, limits);
    case 'tiff':
      return openTiff(bytes, limits);
    case 'nifti':
      return openNifti(bytes, limits, reading);
    case 'png':
      return openPng(bytes, limits);
    case 'gif':
      return openGif(bytes, limits);
    case 'jpeg':
      return openJpeg(plainJpeg(bytes), limits);
    case 'webp':
      return openWebp(bytes, limits);
  }
}

function openPng(bytes: Uint8Array, limits: ImageLimits): Promise<RasterFile> {
  const frames = checkedPngFrames(bytes);
  return openByVips({ bytes, format: 'PNG' }, limits, (header) => pngMode(bytes, header.hasAlpha), frames);
}

async function openGif(bytes: Uint8Array, limits: ImageLimits): Promise<RasterFile> {
  const first = readGifFrame(bytes);
  const file = await openByVips({ bytes: first.opaque, format: 'GIF' }, limits, () => gifMode(first.palette));
  return {
    ...file,
    samples: async (frame) => {
      const samples = await file.samples(frame);
      fillGround(samples, first);
      return samples;
    },
  };
}

async function openWebp(bytes: Uint8Array, limits: ImageLimits): Promise<RasterFile> {
  const file = await openByVips({ bytes, format: 'WebP' }, limits, modeOf);
  const isLossy = isLossyWebp(bytes);
  return { ...file, samples: async (frame) => ({ ...(await file.samples(frame)), isLossy }) };
}

async function openJpeg(bytes: Uint8Array, limits: ImageLimits): Promise<RasterFile> {
  const file: VipsFile = { bytes, format: 'JPEG' };
  const opened = await openByVips(file, limits, modeOf);
  return {
    ...opened,
    samples: async (frame) => {
      try {
        return { ...(await opened.samples(frame)), isLossy: true };
      } catch (error) {
        const isWhole = error instanceof ImageError && strayBytes.test(error.message) && hasAllIntervals(bytes);
        if (!isWhole) throw error;
        const lenient = await openByVips({ ...file, allowsWarnings: true }, limits, modeOf);
        const notes = ['bytes of the file that belong to no pixel were passed over'];
        return { ...(await lenient.samples(frame)), isLossy: true, notes };
      }
    },
  };
}

async function openByVips(
  file: VipsFile,
  limits: ImageLimits,
  modeIn: (header: Metadata) => ImageMode,
  frames = 1,
): Promise<RasterFile> {
  const header = await vipsHeader(file, limits);
  const frameCount = header.pages ?? frames;
  checkDeclared({ width: header.width, height: header.height, frameCount }, 0, limits);
  const mode = modeIn(header);
  const upright = header.autoOrient ?? header;
  const cost = costOf(file, header);
  return {
    frameCount,
    cost: () => cost,
    samples: async (frame) => {
      if (frame > 0) {
        throw new ImageError('no-such-frame', 'Only the first frame of an animation is read; ask for frame 0.');
      }
      const pixels = await pixelsOf(file, header, mode, limits);
      if (pixels.width !== upright.width || pixels.height !== upright.height) {
        throw corruptImage(file.format, 'its pixels have another size than its header says');
      }
      return { ...pixels, mode, notes: frameCount > 1 ? [`first of ${frameCount} frames`] : [] };
    },
  };
}

/**
 * What the decoder takes beside the samples that it gives: for progressive files, halved colours and its own rows.
 */
const decoderBytesPerPixel: Readonly<Record<string, number>> = { PNG: 1, JPEG: 4, GIF: 5, WebP: 7 };

function costOf({ format }: VipsFile, { width, height, channels, depth, orientation }: Metadata): FrameCost {
  const sampleBytes = channels * (depth === 'ushort' ? 2 : 1);
  const isTurned = (orientation ?? 1) !== 1;
  return {
    pixels: width * height,
    // Greys of 16 bits are rendered beside their values.
    bytesPerPixel:
      (decoderBytesPerPixel[format] ?? sampleBytes) +
      sampleBytes * (isTurned ? 2 : 1) +
      (depth === 'ushort' && channels === 1 ? 1 : 0),
    channels: Math.min(channels, 4),
  };
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
    data: keptChannels(pixels.data, pixels.channels, channelsOf[mode]),
  };
}

function modeOf({ space, hasAlpha }: Metadata): ImageMode {
  if (space === 'b-w' || space === 'grey16') return hasAlpha ? 'greyAlpha' : 'grey';
  return hasAlpha ? 'rgba' : 'rgb';
}
