import { describe, expect, test } from '@jest/globals';
import { resolveLimits } from '../image/limits.js';
import { openBmp } from './bmp.js';

const limits = resolveLimits({ minimumSide: 1 });
const decodeBmp = (bytes: Uint8Array) => openBmp(bytes, limits).samples();
const refused = (code: string) => expect.objectContaining({ name: 'ImageError', code });

interface BmpOptions {
  readonly width: number;
  readonly height: number;
  readonly bitsPerPixel: number;
  /** Rows as they lie in the file, padded to four bytes. */
  readonly rows: readonly (readonly number[])[];
  /** `[b, g, r, 0]` for each colour. */
  readonly palette?: readonly (readonly number[])[];
  readonly compression?: number;
  readonly masks?: readonly number[];
}

function bmp({ width, height, bitsPerPixel, rows, palette = [], compression = 0, masks = [] }: BmpOptions): Buffer {
  const header = Buffer.alloc(54);
  header.write('BM', 'latin1');
  const maskBytes = Buffer.from(Uint32Array.from(masks).buffer);
  header.writeUInt32LE(54 + maskBytes.length + palette.length * 4, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bitsPerPixel, 28);
  header.writeUInt32LE(compression, 30);
  header.writeUInt32LE(palette.length, 46);
  return Buffer.concat([header, maskBytes, Buffer.from(palette.flat()), Buffer.from(rows.flat())]);
}

describe('bitmaps', () => {
  test('lie upside down unless their height is negative', () => {
    const rows = [
      [1, 2, 3, 0],
      [4, 5, 6, 0],
    ];
    const file = { width: 1, bitsPerPixel: 24, rows };
    expect([...decodeBmp(bmp({ ...file, height: 2 })).data]).toEqual([6, 5, 4, 3, 2, 1]);
    expect([...decodeBmp(bmp({ ...file, height: -2 })).data]).toEqual([3, 2, 1, 6, 5, 4]);
  });

  test('of one bit are bilevel when black and white, else a palette', () => {
    const file = { width: 3, height: 1, bitsPerPixel: 1, rows: [[0b01000000, 0, 0, 0]] };
    const [black, white, red] = [
      [0, 0, 0, 0],
      [255, 255, 255, 0],
      [0, 0, 255, 0],
    ] as const;
    expect(decodeBmp(bmp({ ...file, palette: [black, white] }))).toMatchObject({
      mode: 'bilevel',
      data: Uint8Array.of(0, 255, 0),
    });
    expect(decodeBmp(bmp({ ...file, palette: [black, red] }))).toMatchObject({
      mode: 'palette',
      data: Uint8Array.of(0, 0, 0, 255, 0, 0, 0, 0, 0),
    });
  });

  test('of four and eight bits', () => {
    const palette = Array.from({ length: 16 }, (_, i) => [i, i, i, 0]);
    const four = bmp({ width: 3, height: 1, bitsPerPixel: 4, palette, rows: [[0x1f, 0x20, 0, 0]] });
    expect(decodeBmp(four)).toMatchObject({ mode: 'grey', data: Uint8Array.of(1, 15, 2) });
    const eight = { width: 2, height: 1, bitsPerPixel: 8, palette };
    expect(decodeBmp(bmp({ ...eight, rows: [[3, 7, 0, 0]] })).data).toEqual(Uint8Array.of(3, 7));
    expect(() => decodeBmp(bmp({ ...eight, rows: [[3, 16, 0, 0]] }))).toThrow('outside the palette');
  });

  test('of 16 and 32 bits, by default and by masks', () => {
    const white16 = bmp({ width: 1, height: 1, bitsPerPixel: 16, rows: [[0xff, 0x7f, 0, 0]] });
    expect(decodeBmp(white16).data).toEqual(Uint8Array.of(255, 255, 255));
    const masks = [0xf800, 0x07e0, 0x001f];
    const green565 = bmp({ width: 1, height: 1, bitsPerPixel: 16, compression: 3, masks, rows: [[0xe0, 0x07, 0, 0]] });
    expect(decodeBmp(green565).data).toEqual(Uint8Array.of(0, 255, 0));
    const plain = bmp({ width: 1, height: 1, bitsPerPixel: 32, rows: [[1, 2, 3, 99]] });
    expect(decodeBmp(plain)).toMatchObject({ mode: 'rgb', data: Uint8Array.of(3, 2, 1) });
    const withAlpha = [0xff, 0xff00, 0xff0000, 0xff000000];
    const rgba = bmp({
      width: 1,
      height: 1,
      bitsPerPixel: 32,
      compression: 6,
      masks: withAlpha,
      rows: [[1, 2, 3, 99]],
    });
    expect(decodeBmp(rgba)).toMatchObject({ mode: 'rgba', data: Uint8Array.of(1, 2, 3, 99) });
  });

  test('in run lengths of eight bits: runs, literals, deltas and rows that are rounded up', () => {
    const palette = Array.from({ length: 256 }, (_, i) => [i, i, i, 0]);
    const file = { width: 4, height: 3, bitsPerPixel: 8, compression: 1, palette };
    // Two of 9 and three literals of which one sticks out; one pixel passed over; an empty row on top.
    const rows = [
      [2, 9, 0, 3, 1, 2, 3, 0, 0, 0],
      [0, 2, 1, 0, 3, 5, 0, 0],
      [0, 1],
    ];
    expect([...decodeBmp(bmp({ ...file, rows })).data]).toEqual([0, 0, 0, 0, 0, 5, 5, 5, 9, 9, 1, 2]);
  });

  test('in run lengths of four bits', () => {
    const palette = Array.from({ length: 16 }, (_, i) => [i, i, i, 0]);
    const file = { width: 5, height: 2, bitsPerPixel: 4, compression: 2, palette };
    const rows = [
      [5, 0x12, 0, 0],
      [0, 3, 0x34, 0x50, 2, 0x77],
      [0, 1],
    ];
    expect([...decodeBmp(bmp({ ...file, rows })).data]).toEqual([3, 4, 5, 7, 7, 1, 2, 1, 2, 1]);
  });

  test('in run lengths that end early or leave the image are refused', () => {
    const palette = Array.from({ length: 256 }, (_, i) => [i, i, i, 0]);
    const file = { width: 4, height: 3, bitsPerPixel: 8, compression: 1, palette };
    const decode = (rows: number[]) => () => decodeBmp(bmp({ ...file, rows: [rows] }));
    expect(decode([4, 9, 0, 0])).toThrow(refused('corrupt-image'));
    expect(decode([0, 5, 1, 2])).toThrow(refused('corrupt-image'));
    expect(decode([4, 1, 0, 0, 4, 2, 0, 0, 4, 3, 0, 0, 4, 4, 0, 1])).toThrow(refused('corrupt-image'));
  });

  test('whose palette is shorter than their depth, or forgotten in the place of the pixels', () => {
    const palette = Array.from({ length: 3 }, (_, i) => [i * 50, i * 50, i * 50, 0]);
    const file = bmp({ width: 4, height: 1, bitsPerPixel: 8, palette, rows: [[0, 1, 2, 2]] });
    expect(decodeBmp(file)).toMatchObject({ mode: 'palette' });
    const expected = decodeBmp(file).data;
    file.writeUInt32LE(54, 10);
    expect(decodeBmp(file).data).toEqual(expected);
  });

  test('compressed, of impossible size or with broken masks are refused', () => {
    const file = { width: 1, height: 1, bitsPerPixel: 8, palette: [[0, 0, 0, 0]], rows: [[0, 0, 0, 0]] };
    const decode = (options: Partial<BmpOptions>) => () => decodeBmp(bmp({ ...file, ...options }));
    expect(decode({ compression: 4 })).toThrow(refused('unsupported-encoding'));
    expect(decode({ width: -1 })).toThrow(refused('corrupt-image'));
    expect(decode({ bitsPerPixel: 7 })).toThrow(refused('corrupt-image'));
    expect(decode({ width: 30_000, height: 30_000 })).toThrow(refused('too-many-pixels'));
    const masks = [0b101, 0b10, 0b1000];
    expect(decode({ bitsPerPixel: 16, compression: 3, masks, palette: [] })).toThrow('not contiguous');
  });
});
