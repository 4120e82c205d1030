import type { DecodedImage } from '../image/decoded-image.js';
import { isStretchNote } from '../image/window.js';

const pngBitDepthOffset = 24;

/**
 * Bits a sample of a PNG (PNG specification, 11.2.2); of other files 1 where they hold single bits, 16 where deeper
 * greys were stretched, else 8.
 */
export function bitDepthOf(bytes: Uint8Array, { format, mode, notes }: DecodedImage): number {
  if (format === 'png') return bytes[pngBitDepthOffset] ?? 8;
  if (mode === 'bilevel') return 1;
  return notes.some(isStretchNote) ? 16 : 8;
}

/** The luminance table of ITU-T T.81, annex K.1, in zigzag order: what encoders scale by the wanted quality. */
const standardTable = [
  16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61,
  60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113, 121,
  112, 100, 120, 92, 101, 103, 99,
];
const startOfImage = 0xd8;
const quantisationTables = 0xdb;
const startOfScan = 0xda;

/**
 * The quality, 1 to 100, with which libjpeg's scale would have made a JPEG's first quantisation table, by the sum of
 * its values; undefined for what is no JPEG or has no such table.
 */
export function jpegQuality(bytes: Uint8Array): number | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== startOfImage) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== startOfScan; ) {
    if (bytes[at + 1] === quantisationTables) return qualityOfTable(view, at + 4);
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}

function qualityOfTable(view: DataView, at: number): number | undefined {
  const bytesEach = view.getUint8(at) >> 4 === 0 ? 1 : 2;
  if (at + 1 + 64 * bytesEach > view.byteLength) return undefined;
  let sum = 0;
  for (let i = 0; i < 64; i++) sum += bytesEach === 1 ? view.getUint8(at + 1 + i) : view.getUint16(at + 1 + 2 * i);
  const percent = (100 * sum) / standardTable.reduce((total, value) => total + value, 0);
  return Math.min(100, Math.max(1, percent <= 100 ? (200 - percent) / 2 : 5000 / percent));
}
