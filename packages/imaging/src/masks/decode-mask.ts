import { checkFrame } from '../decode/decode-frame.js';
import { detectFormat } from '../decode/detect-format.js';
import { guarded } from '../decode/guarded.js';
import { DicomFile } from '../dicom/dicom-file.js';
import type { DecodedImage } from '../image/decoded-image.js';
import { checkBytes, type ImageLimits, resolveLimits } from '../image/limits.js';
import { decodeRaster } from '../raster/decode-raster.js';
import { readMask } from './read-mask.js';

/**
 * Decodes a mask from its stored values: a grey image of 0 (normal) and 255 (abnormal), with notes on what was decided.
 * Rejects as `decodeImage` does.
 */
export async function decodeMask(bytes: Uint8Array, limits: Partial<ImageLimits> = {}): Promise<DecodedImage> {
  const resolved = resolveLimits(limits);
  checkBytes(bytes.length, resolved);
  return guarded(resolved, () => decodeByFormat(bytes, resolved));
}

async function decodeByFormat(bytes: Uint8Array, limits: ImageLimits): Promise<DecodedImage> {
  const format = await detectFormat(bytes);
  if (format === 'dicom') {
    const file = new DicomFile(bytes, limits);
    checkFrame(0, file.frameCount);
    const decoded = await file.frame(0);
    const read = readMask({ ...decoded, isLossy: false });
    return { ...decoded, mode: 'grey', data: read.data, notes: [...decoded.notes, ...read.notes] };
  }
  const { samples, frameCount } = await decodeRaster(bytes, format, 0, limits);
  const { width, height } = samples;
  const read = readMask({ ...samples, isLossy: format === 'jpeg' });
  return { width, height, mode: 'grey', data: read.data, format, frameCount, notes: [...samples.notes, ...read.notes] };
}
