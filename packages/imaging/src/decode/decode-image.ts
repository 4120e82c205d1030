import type { DecodedImage } from '../image/decoded-image.js';
import type { ImageLimits } from '../image/limits.js';
import { openImage } from './open-image.js';

/**
 * Decodes one frame (counted from 0) of an image file to 8 bits a channel. Rejects as `openImage`, which is for more
 * frames than one, and `OpenImage.frame` do; there are no partial images.
 */
export async function decodeImage(
  bytes: Uint8Array,
  limits: Partial<ImageLimits> = {},
  frame = 0,
): Promise<DecodedImage> {
  return (await openImage(bytes, limits)).frame(frame);
}
