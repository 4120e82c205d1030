import type { ImageMode } from '../decode/decoded-image.js';
import { corruptImage } from '../image-error.js';

const EXTENSION = 0x21;
const IMAGE_DESCRIPTOR = 0x2c;

/**
 * The mode of a GIF: a palette, or grey where the first frame's palette is the grey ramp itself (the reference reads
 * such files as grey).
 */
export function gifMode(bytes: Uint8Array, hasAlpha: boolean): ImageMode {
  if (isGreyRamp(firstFramePalette(bytes))) return 'grey';
  return hasAlpha ? 'paletteAlpha' : 'palette';
}

function firstFramePalette(bytes: Uint8Array): Uint8Array {
  let offset = 13;
  const screenFlags = byteAt(bytes, 10);
  const globalSize = paletteBytes(screenFlags);
  const globalPalette = bytes.subarray(offset, offset + globalSize);
  offset += globalSize;
  while (byteAt(bytes, offset) === EXTENSION) {
    offset += 2;
    while (byteAt(bytes, offset) !== 0) offset += byteAt(bytes, offset) + 1;
    offset += 1;
  }
  if (byteAt(bytes, offset) !== IMAGE_DESCRIPTOR) throw corruptImage('GIF', 'it holds no frame');
  const localSize = paletteBytes(byteAt(bytes, offset + 9));
  return localSize > 0 ? bytes.subarray(offset + 10, offset + 10 + localSize) : globalPalette;
}

function paletteBytes(flags: number): number {
  return flags & 0x80 ? 3 << ((flags & 7) + 1) : 0;
}

function isGreyRamp(palette: Uint8Array): boolean {
  return palette.length > 0 && palette.every((value, i) => value === Math.floor(i / 3));
}

function byteAt(bytes: Uint8Array, offset: number): number {
  if (offset >= bytes.length) throw corruptImage('GIF', 'it ends inside its header');
  return bytes[offset]!;
}
