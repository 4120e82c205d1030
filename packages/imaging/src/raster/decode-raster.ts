import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp';
import type { ImageFormat } from '../decode/detect-format.js';
import { CHANNELS, type DecodedImage, type ImageMode } from '../image/decoded-image.js';
import { corruptImage, ImageError } from '../image/image-error.js';
import { checkDeclared, type ImageLimits } from '../image/limits.js';
import { timedOut } from '../image/time-limit.js';
import { applyWindow, stretchNote, valueRange } from '../image/window.js';
import { gifMode, readGifPalette } from './gif.js';
import { checkPng, pngMode } from './png.js';
import { PALETTE_COLOUR, readTiffPage, type TiffPage } from './tiff.js';

type RasterFormat = Exclude<ImageFormat, 'bmp' | 'dicom'>;

/** Grey samples of more than 8 bits, as floating point numbers or 16-bit integers. */
type DeepGreys = Float32Array | Uint16Array | Int16Array;

/**
 * Decodes PNG, JPEG, WebP, TIFF or GIF through libvips, turned upright by its EXIF orientation. Colour profiles are not
 * applied, as in the reference pipeline, except that CMYK becomes RGB by a standard profile. Grey of more than 8 bits
 * is stretched from its smallest..largest value to 0..255. A warning of the decoder is an error here, for libvips
 * would go on with grey where pixels are missing.
 */
export async function decodeRaster(
  bytes: Uint8Array,
  format: RasterFormat,
  frame: number,
  limits: ImageLimits,
): Promise<DecodedImage> {
  if (format === 'png') checkPng(bytes);
  const gifPalette = format === 'gif' ? readGifPalette(bytes) : undefined;
  const tiffPage = format === 'tiff' ? readTiffPage(bytes, frame) : undefined;
  const input = tiffPage?.bytes ?? bytes;
  const options: SharpOptions = { failOn: 'warning', limitInputPixels: false, ignoreIcc: true, autoOrient: true };
  const header = await attempt(format, limits, () => sharp(input, options).metadata());
  const frameCount = header.pages ?? 1;
  const isAnimation = format !== 'tiff' && frameCount > 1;
  checkDeclared({ width: header.width, height: header.height, frameCount }, frame, limits);
  if (isAnimation && frame > 0) {
    throw new ImageError('no-such-frame', 'Only the first frame of an animation is read; ask for frame 0.');
  }

  const seconds = Math.min(3600, Math.ceil(limits.timeoutMs / 1000));
  const pipeline = () => sharp(input, { ...options, page: frame }).timeout({ seconds });
  const mode = modeOf(format, bytes, header, gifPalette, tiffPage);
  const isDeep = header.depth !== 'uchar' && (mode === 'grey' || mode === 'greyAlpha');
  const pixels = await attempt(format, limits, () =>
    isDeep ? deepGreyPixels(pipeline(), header, mode, tiffPage) : pixels8Bit(pipeline(), mode),
  );
  const upright = header.autoOrient ?? header;
  if (pixels.width !== upright.width || pixels.height !== upright.height) {
    throw corruptImage(format.toUpperCase(), 'its pixels have another size than its header says');
  }
  const notes = isAnimation ? [`first of ${frameCount} frames`, ...pixels.notes] : pixels.notes;
  return { width: pixels.width, height: pixels.height, mode, data: pixels.data, format, frameCount, notes };
}

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  readonly notes: readonly string[];
}

async function pixels8Bit(pipeline: Sharp, mode: ImageMode): Promise<Pixels> {
  const { data, info } = await pipeline.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  const kept = keptChannels(mode, info.channels);
  return { width: info.width, height: info.height, data: pickChannels(data, info.channels, kept), notes: [] };
}

/** libvips gives grey as three equal channels, then alpha if the file has any. */
function keptChannels(mode: ImageMode, available: number): readonly number[] {
  if (mode === 'greyAlpha') return [0, available - 1];
  return [0, 1, 2, 3].slice(0, CHANNELS[mode]);
}

function pickChannels(data: Uint8Array, available: number, kept: readonly number[]): Uint8Array {
  const picked = new Uint8Array((data.length / available) * kept.length);
  let at = 0;
  for (let pixel = 0; pixel < data.length; pixel += available) {
    for (const channel of kept) picked[at++] = data[pixel + channel]!;
  }
  return picked;
}

async function deepGreyPixels(
  pipeline: Sharp,
  header: Metadata,
  mode: ImageMode,
  tiffPage?: TiffPage,
): Promise<Pixels> {
  const is16Bit = header.depth === 'ushort';
  const { data, info } = await pipeline
    .toColourspace(is16Bit ? 'grey16' : 'b-w')
    .raw({ depth: is16Bit ? 'ushort' : 'float' })
    .toBuffer({ resolveWithObject: true });
  const samples = deepSamples(data, is16Bit, tiffPage?.signed16 ?? false);
  const window = valueRange(samples, info.channels) ?? { low: 0, high: 0 };
  const greys = applyWindow(pickEvery(samples, info.channels), window);
  return {
    width: info.width,
    height: info.height,
    data: mode === 'greyAlpha' ? withAlpha(greys, samples, info.channels) : greys,
    notes: [stretchNote(window)],
  };
}

function deepSamples(data: Buffer, is16Bit: boolean, signed: boolean): DeepGreys {
  const { buffer } = Uint8Array.from(data);
  if (!is16Bit) return new Float32Array(buffer);
  return signed ? new Int16Array(buffer) : new Uint16Array(buffer);
}

function pickEvery(samples: DeepGreys, stride: number): DeepGreys {
  return stride === 1 ? samples : samples.filter((_, i) => i % stride === 0);
}

function withAlpha(greys: Uint8Array, samples: DeepGreys, channels: number): Uint8Array {
  const pixels = new Uint8Array(greys.length * 2);
  for (let i = 0; i < greys.length; i++) {
    pixels[2 * i] = greys[i]!;
    pixels[2 * i + 1] = samples[i * channels + channels - 1]! >> 8;
  }
  return pixels;
}

function modeOf(
  format: RasterFormat,
  bytes: Uint8Array,
  header: Metadata,
  gifPalette: Uint8Array | undefined,
  tiffPage: TiffPage | undefined,
): ImageMode {
  const { hasAlpha } = header;
  if (gifPalette) return gifMode(gifPalette, hasAlpha);
  if (tiffPage?.photometric === PALETTE_COLOUR) return 'palette';
  if (tiffPage?.bitsPerSample === 1) return 'bilevel';
  if (format === 'png') return pngMode(bytes, hasAlpha);
  const isGrey = header.space === 'b-w' || header.space === 'grey16';
  const isDeepInteger = header.depth === 'uchar' || header.depth === 'ushort';
  if (!isGrey && !isDeepInteger) {
    throw new ImageError(
      'unsupported-encoding',
      `The ${format.toUpperCase()} file holds colours as ${header.depth} numbers; save it with 8 bits a colour.`,
    );
  }
  if (isGrey) return hasAlpha && isDeepInteger ? 'greyAlpha' : 'grey';
  return hasAlpha ? 'rgba' : 'rgb';
}

/** Runs a step of libvips and names its failures as the file's own. */
async function attempt<T>(format: RasterFormat, limits: ImageLimits, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.message.startsWith('timeout:')) throw timedOut(limits.timeoutMs);
    const detail = error.message
      .split('\n')
      .at(-1)!
      .replace(/^Input buffer has corrupt header: /, '');
    throw corruptImage(format.toUpperCase(), detail, error);
  }
}
