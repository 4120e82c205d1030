import { corruptImage } from '../image/image-error.js';

const endOfRow = 0;
const endOfBitmap = 1;
const delta = 2;

interface RunGrid {
  readonly width: number;
  readonly height: number;
  readonly bitsPerPixel: number;
  readonly rowBytes: number;
}

/**
 * Pixels of a bitmap in run lengths (BI_RLE8, BI_RLE4), from the lowest row up, packed as in a plain file. Pixels that
 * are passed over have index 0, as in the reference. Throws `corrupt-image` for a file that ends before its end mark
 * or its last pixel, or whose runs leave the image.
 */
export function expandRuns(runs: Uint8Array, { width, height, bitsPerPixel, rowBytes }: RunGrid): Uint8Array {
  const pixels = new Uint8Array(rowBytes * height);
  const isNibble = bitsPerPixel === 4;
  let at = 0;
  let x = 0;
  let y = 0;
  const next = (): number => {
    if (at >= runs.length) throw corruptImage('BMP', 'it ends inside its pixels');
    return runs[at++]!;
  };
  const put = (index: number): void => {
    // Writers round the last run of a row up; what sticks out belongs to nothing.
    if (x < width && y < height) {
      const byte = y * rowBytes + (isNibble ? x >> 1 : x);
      pixels[byte]! |= isNibble && x % 2 === 0 ? index << 4 : index;
    }
    x++;
  };
  const isFull = () => y >= height || (y === height - 1 && x >= width);

  while (!(isFull() && at >= runs.length)) {
    const count = next();
    const value = next();
    if (count > 0) {
      if (y >= height) throw corruptImage('BMP', 'its runs leave the image');
      for (let i = 0; i < count; i++) put(isNibble ? (i % 2 === 0 ? value >> 4 : value & 15) : value);
    } else if (value === endOfRow) {
      x = 0;
      y++;
    } else if (value === endOfBitmap) {
      return pixels;
    } else if (value === delta) {
      x += next();
      y += next();
    } else {
      if (y >= height) throw corruptImage('BMP', 'its runs leave the image');
      let pair = 0;
      for (let i = 0; i < value; i++) {
        if (!isNibble) put(next());
        else {
          if (i % 2 === 0) pair = next();
          put(i % 2 === 0 ? pair >> 4 : pair & 15);
        }
      }
      // Literal pixels are padded to 16 bits.
      const literalBytes = isNibble ? Math.ceil(value / 2) : value;
      if (literalBytes % 2 === 1) next();
    }
  }
  return pixels;
}

/** Bytes up to the end mark, that included; all of them without one. */
export function runsEnd(runs: Uint8Array, isNibble: boolean): number {
  for (let at = 0; at + 1 < runs.length; at += 2) {
    const [count, value] = [runs[at]!, runs[at + 1]!];
    if (count > 0 || value === endOfRow) continue;
    if (value === endOfBitmap) return at + 2;
    const literalBytes = isNibble ? Math.ceil(value / 2) : value;
    at += value === delta ? 2 : literalBytes + (literalBytes % 2);
  }
  return runs.length;
}
