import { decodeImage } from '../decode/decode-image.js';
import type { DecodedImage } from '../image/decoded-image.js';
import type { ImageLimits } from '../image/limits.js';

/** The images of a file, one after the other: all frames of a DICOM file, the first of any other. Throws an ImageError. */
export async function* decodedFrames(bytes: Uint8Array, limits: ImageLimits): AsyncGenerator<DecodedImage> {
  const first = await decodeImage(bytes, limits, 0);
  yield first;
  if (first.format !== 'dicom') return;
  for (let frame = 1; frame < first.frameCount; frame++) yield await decodeImage(bytes, limits, frame);
}
