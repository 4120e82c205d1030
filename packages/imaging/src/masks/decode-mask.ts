import { detectFormat } from '../decode/detect-format.js';
import { guarded } from '../decode/guarded.js';
import { DicomFile } from '../dicom/dicom-file.js';
import { isLossySyntax } from '../dicom/transfer-syntax.js';
import type { DecodedImage } from '../image/decoded-image.js';
import type { FrameCost } from '../image/frame-cost.js';
import { checkBytes, type ImageLimits, resolveLimits } from '../image/limits.js';
import { openRaster, type RasterFormat } from '../raster/decode-raster.js';
import type { RasterFile } from '../raster/samples.js';
import { readMask } from './read-mask.js';

/** A file whose structure is read; the mask in it is decoded when it is asked for. */
export interface OpenMask {
  readonly cost: FrameCost;
  /** Rejects as `decodeMask` does. */
  decode(): Promise<DecodedImage>;
}

/** Opens a mask as `openImage` opens an image. */
export async function openMask(bytes: Uint8Array, limits: Partial<ImageLimits> = {}): Promise<OpenMask> {
  const resolved = resolveLimits(limits);
  checkBytes(bytes.length, resolved);
  const mask = await guarded(resolved, async () => {
    const format = await detectFormat(bytes);
    if (format === 'dicom') {
      const file = new DicomFile(bytes, resolved);
      return { cost: file.cost, decode: () => dicomMask(file) };
    }
    const file = await openRaster(bytes, format, resolved);
    return { cost: file.cost(0), decode: () => rasterMask(file, format) };
  });
  return { cost: mask.cost, decode: () => guarded(resolved, mask.decode) };
}

/**
 * Decodes a mask from its stored values: a grey image of 0 (normal) and 255 (abnormal), with notes on what was decided.
 * Only the first frame of a file with several is read. Rejects as `decodeImage` does.
 */
export async function decodeMask(bytes: Uint8Array, limits: Partial<ImageLimits> = {}): Promise<DecodedImage> {
  return (await openMask(bytes, limits)).decode();
}

async function dicomMask(file: DicomFile): Promise<DecodedImage> {
  const { frameCount, ...stored } = await file.storedFrame(0);
  const { width, height, dicom } = stored;
  const { data, notes } = readMask({ ...stored, isLossy: isLossySyntax(dicom.transferSyntax) });
  const first = frameCount > 1 ? [`first of ${frameCount} frames`] : [];
  return { width, height, mode: 'grey', data, format: 'dicom', frameCount, dicom, notes: [...first, ...notes] };
}

async function rasterMask(file: RasterFile, format: RasterFormat): Promise<DecodedImage> {
  const samples = await file.samples(0);
  const { width, height, isLossy = false } = samples;
  const { data, notes } = readMask({ ...samples, isLossy });
  const { frameCount } = file;
  return { width, height, mode: 'grey', data, format, frameCount, notes: [...samples.notes, ...notes] };
}
