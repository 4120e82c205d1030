import { openImage } from '../decode/open-image.js';
import type { DecodedImage } from '../image/decoded-image.js';
import type { ImageLimits } from '../image/limits.js';

/** The images of a file, one after the other: frames of DICOM, pages of TIFF, the first of any other. Throws an ImageError. */
export async function* decodedFrames(bytes: Uint8Array, limits: ImageLimits): AsyncGenerator<DecodedImage> {
  yield* (await openImage(bytes, limits)).frames();
}
