import { DicomFile } from '../dicom/dicom-file.js';
import type { DecodedImage } from '../image/decoded-image.js';
import { checkBytes, type ImageLimits, resolveLimits } from '../image/limits.js';
import { checkFrame, dicomFrame, rasterFrame } from './decode-frame.js';
import { detectFormat } from './detect-format.js';
import { guarded } from './guarded.js';

/**
 * Decodes one frame (counted from 0) of an image file to 8 bits a channel, turned upright. The format is told by
 * content: PNG, JPEG, WebP, TIFF, BMP, GIF (first frame) or DICOM. Sizes are checked before any pixel is decoded.
 * Rejects with an ImageError for every file that is damaged, cut short, too large or of another kind; there are no
 * partial images. `openImage` is for more frames than one.
 */
export async function decodeImage(
  bytes: Uint8Array,
  limits: Partial<ImageLimits> = {},
  frame = 0,
): Promise<DecodedImage> {
  const resolved = resolveLimits(limits);
  checkFrame(frame, Number.POSITIVE_INFINITY);
  checkBytes(bytes.length, resolved);
  return guarded(resolved, async () => {
    const format = await detectFormat(bytes);
    return format === 'dicom'
      ? dicomFrame(new DicomFile(bytes, resolved), frame)
      : rasterFrame(bytes, format, frame, resolved);
  });
}
