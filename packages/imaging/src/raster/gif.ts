import type { ImageMode } from '../image/decoded-image.js';
import { corruptImage } from '../image/image-error.js';

const HEADER_BYTES = 13;
const SCREEN_FLAGS_OFFSET = 10;
const EXTENSION = 0x21;
const IMAGE_DESCRIPTOR = 0x2c;
const TRAILER = 0x3b;
const DESCRIPTOR_BYTES = 10;

/**
 * Walks all blocks of a GIF to its trailer (GIF89a, appendix A) and returns the palette of the first frame, `[r, g, b]`
 * times its colours. Throws `corrupt-image` for a file that ends early or holds no frame.
 */
export function readGifPalette(bytes: Uint8Array): Uint8Array {
  const globalBytes = paletteBytes(byteAt(bytes, SCREEN_FLAGS_OFFSET));
  let palette: Uint8Array | undefined;
  let offset = HEADER_BYTES + globalBytes;
  for (;;) {
    const block = byteAt(bytes, offset);
    if (block === TRAILER) break;
    if (block === EXTENSION) {
      offset = afterSubBlocks(bytes, offset + 2);
    } else if (block === IMAGE_DESCRIPTOR) {
      const localBytes = paletteBytes(byteAt(bytes, offset + DESCRIPTOR_BYTES - 1));
      const start = localBytes > 0 ? offset + DESCRIPTOR_BYTES : HEADER_BYTES;
      palette ??= bytes.subarray(start, start + (localBytes || globalBytes));
      const codeSizeBytes = 1;
      offset = afterSubBlocks(bytes, offset + DESCRIPTOR_BYTES + localBytes + codeSizeBytes);
    } else {
      throw corruptImage('GIF', 'a block has no known type');
    }
  }
  if (!palette) throw corruptImage('GIF', 'it holds no frame');
  return palette;
}

/**
 * The mode of a GIF: a palette, or grey where the first frame's palette is the grey ramp itself (the reference reads
 * such files as grey).
 */
export function gifMode(palette: Uint8Array, hasAlpha: boolean): ImageMode {
  const isGreyRamp = palette.length > 0 && palette.every((value, i) => value === Math.floor(i / 3));
  if (isGreyRamp) return 'grey';
  return hasAlpha ? 'paletteAlpha' : 'palette';
}

function afterSubBlocks(bytes: Uint8Array, start: number): number {
  let offset = start;
  while (byteAt(bytes, offset) !== 0) offset += byteAt(bytes, offset) + 1;
  return offset + 1;
}

function paletteBytes(flags: number): number {
  return flags & 0x80 ? 3 << ((flags & 7) + 1) : 0;
}

function byteAt(bytes: Uint8Array, offset: number): number {
  if (offset >= bytes.length) throw corruptImage('GIF', 'its end is missing');
  return bytes[offset]!;
}
