import { describe, expect, test } from '@jest/globals';
import { resolveLimits } from '../image/limits.js';
import { decodeBmp } from './bmp.js';

const limits = resolveLimits({ minimumSide: 1 });
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
    expect([...decodeBmp(bmp({ ...file, height: 2 }), limits).data]).toEqual([6, 5, 4, 3, 2, 1]);
    expect([...decodeBmp(bmp({ ...file, height: -2 }), limits).data]).toEqual([3, 2, 1, 6, 5, 4]);
  });

  test('of one bit are bilevel when black and white, else a palette', () => {
    const file = { width: 3, height: 1, bitsPerPixel: 1, rows: [[0b01000000, 0, 0, 0]] };
    const [black, white, red] = [
      [0, 0, 0, 0],
      [255, 255, 255, 0],
      [0, 0, 255, 0],
    ] as const;
    expect(decodeBmp(bmp({ ...file, palette: [black, white] }), limits)).toMatchObject({
      mode: 'bilevel',
      data: Uint8Array.of(0, 255, 0),
    });
    expect(decodeBmp(bmp({ ...file, palette: [black, red] }), limits)).toMatchObject({
      mode: 'palette',
      data: Uint8Array.of(0, 0, 0, 255, 0, 0, 0, 0, 0),
    });
  });

  test('of four and eight bits', () => {
    const palette = Array.from({ length: 16 }, (_, i) => [i, i, i, 0]);
    const four = bmp({ width: 3, height: 1, bitsPerPixel: 4, palette, rows: [[0x1f, 0x20, 0, 0]] });
    expect(decodeBmp(four, limits)).toMatchObject({ mode: 'grey', data: Uint8Array.of(1, 15, 2) });
    const eight = { width: 2, height: 1, bitsPerPixel: 8, palette };
    expect(decodeBmp(bmp({ ...eight, rows: [[3, 7, 0, 0]] }), limits).data).toEqual(Uint8Array.of(3, 7));
    expect(() => decodeBmp(bmp({ ...eight, rows: [[3, 16, 0, 0]] }), limits)).toThrow('outside the palette');
  });

  test('of 16 and 32 bits, by default and by masks', () => {
    const white16 = bmp({ width: 1, height: 1, bitsPerPixel: 16, rows: [[0xff, 0x7f, 0, 0]] });
    expect(decodeBmp(white16, limits).data).toEqual(Uint8Array.of(255, 255, 255));
    const masks = [0xf800, 0x07e0, 0x001f];
    const green565 = bmp({ width: 1, height: 1, bitsPerPixel: 16, compression: 3, masks, rows: [[0xe0, 0x07, 0, 0]] });
    expect(decodeBmp(green565, limits).data).toEqual(Uint8Array.of(0, 255, 0));
    const plain = bmp({ width: 1, height: 1, bitsPerPixel: 32, rows: [[1, 2, 3, 99]] });
    expect(decodeBmp(plain, limits)).toMatchObject({ mode: 'rgb', data: Uint8Array.of(3, 2, 1) });
    const withAlpha = [0xff, 0xff00, 0xff0000, 0xff000000];
    const rgba = bmp({
      width: 1,
      height: 1,
      bitsPerPixel: 32,
      compression: 6,
      masks: withAlpha,
      rows: [[1, 2, 3, 99]],
    });
    expect(decodeBmp(rgba, limits)).toMatchObject({ mode: 'rgba', data: Uint8Array.of(1, 2, 3, 99) });
  });

  test('compressed, of impossible size or with broken masks are refused', () => {
    const file = { width: 1, height: 1, bitsPerPixel: 8, palette: [[0, 0, 0, 0]], rows: [[0, 0, 0, 0]] };
    const decode = (options: Partial<BmpOptions>) => () => decodeBmp(bmp({ ...file, ...options }), limits);
    expect(decode({ compression: 1 })).toThrow(refused('unsupported-encoding'));
    expect(decode({ width: -1 })).toThrow(refused('corrupt-image'));
    expect(decode({ bitsPerPixel: 7 })).toThrow(refused('corrupt-image'));
    expect(decode({ width: 30_000, height: 30_000 })).toThrow(refused('too-many-pixels'));
    const masks = [0b101, 0b10, 0b1000];
    expect(decode({ bitsPerPixel: 16, compression: 3, masks, palette: [] })).toThrow('not contiguous');
  });
});
