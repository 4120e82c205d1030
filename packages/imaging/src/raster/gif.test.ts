import { describe, expect, test } from '@jest/globals';
import { decodeImage } from '../decode/decode-image.js';

const side = 8;
const clear = 4;
const end = 5;

interface GifOptions {
  readonly palette: readonly (readonly number[])[];
  readonly transparent?: number;
  /** Left, top, width and height of the frame on the screen of 8 x 8. */
  readonly place?: readonly [number, number, number, number];
  readonly indices: readonly number[];
}

/** A GIF of one frame whose pixels are stored one code each, the table cleared before it can grow. */
function gif({ palette, transparent, place = [0, 0, side, side], indices }: GifOptions): Buffer {
  const codes = indices.flatMap((index, i) => (i % 2 === 0 ? [clear, index] : [index]));
  let bits = 0n;
  [...codes, end].forEach((code, i) => {
    bits |= BigInt(code) << BigInt(3 * i);
  });
  const data = Buffer.alloc(Math.ceil(((codes.length + 1) * 3) / 8));
  data.forEach((_, i) => {
    data[i] = Number((bits >> BigInt(8 * i)) & 255n);
  });
  const control = transparent === undefined ? [] : [0x21, 0xf9, 4, 1, 0, 0, transparent, 0];
  const uint16 = (value: number) => [value & 255, value >> 8];
  return Buffer.from([
    ...Buffer.from('GIF89a'),
    ...uint16(side),
    ...uint16(side),
    0x81,
    0,
    0,
    ...palette.flat(),
    ...control,
    0x2c,
    ...place.flatMap(uint16),
    0,
    2,
    data.length,
    ...data,
    0,
    0x3b,
  ]);
}

const palette = [
  [200, 0, 0],
  [0, 150, 0],
  [0, 0, 100],
  [9, 9, 9],
];
const indices = Array.from({ length: side * side }, (_, i) => i % 4);

describe('GIF', () => {
  test('transparent pixels keep their colour of the palette, as in the reference', async () => {
    const decoded = await decodeImage(gif({ palette, transparent: 1, indices }));
    expect(decoded).toMatchObject({ mode: 'palette', width: side, height: side });
    expect([...decoded.data]).toEqual(indices.flatMap((index) => palette[index]!));
  });

  test.each([
    [2, [0, 0, 100]],
    [undefined, [200, 0, 0]],
  ] as const)('around a smaller frame lies the transparent colour, %p, else the first', async (transparent, ground) => {
    const place = [4, 0, 4, side] as const;
    const file = { palette, place, indices: Array<number>(32).fill(1) };
    const { data } = await decodeImage(gif(transparent === undefined ? file : { ...file, transparent }));
    const row = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((x) => (x < 4 ? [...ground] : palette[1]!));
    expect([...data.subarray(0, side * 3)]).toEqual(row);
  });

  test('the ramp of greys is grey', async () => {
    const ramp = [0, 1, 2, 3].map((value) => [value, value, value]);
    expect(await decodeImage(gif({ palette: ramp, transparent: 3, indices }))).toMatchObject({
      mode: 'grey',
      data: Uint8Array.from(indices),
    });
  });
});
