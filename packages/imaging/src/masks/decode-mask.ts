import { detectFormat } from '../decode/detect-format.js';
import { guarded } from '../decode/guarded.js';
import { DicomFile } from '../dicom/dicom-file.js';
import { isLossySyntax } from '../dicom/transfer-syntax.js';
import type { DecodedImage } from '../image/decoded-image.js';
import { checkBytes, type ImageLimits, resolveLimits } from '../image/limits.js';
import { openRaster, type RasterFormat } from '../raster/decode-raster.js';
import { readMask } from './read-mask.js';

/**
 * Decodes a mask from its stored values: a grey image of 0 (normal) and 255 (abnormal), with notes on what was decided.
 * Of a file with several frames it is the first. Rejects as `decodeImage` does.
 */
export async function decodeMask(bytes: Uint8Array, limits: Partial<ImageLimits> = {}): Promise<DecodedImage> {
  const resolved = resolveLimits(limits);
  checkBytes(bytes.length, resolved);
  return guarded(resolved, async () => {
    const format = await detectFormat(bytes);
    return format === 'dicom' ? dicomMask(bytes, resolved) : rasterMask(bytes, format, resolved);
  });
}

async function dicomMask(bytes: Uint8Array, limits: ImageLimits): Promise<DecodedImage> {
  const { frameCount, ...stored } = await new DicomFile(bytes, limits).storedFrame(0);
  const { width, height, dicom } = stored;
  const { data, notes } = readMask({ ...stored, isLossy: isLossySyntax(dicom.transferSyntax) });
  const first = frameCount > 1 ? [`first of ${frameCount} frames`] : [];
  return { width, height, mode: 'grey', data, format: 'dicom', frameCount, dicom, notes: [...first, ...notes] };
}

async function rasterMask(bytes: Uint8Array, format: RasterFormat, limits: ImageLimits): Promise<DecodedImage> {
  const file = await openRaster(bytes, format, limits);
  const samples = await file.samples(0);
  const { width, height } = samples;
  const { data, notes } = readMask({ ...samples, isLossy: format === 'jpeg' });
  const { frameCount } = file;
  return { width, height, mode: 'grey', data, format, frameCount, notes: [...samples.notes, ...notes] };
}
