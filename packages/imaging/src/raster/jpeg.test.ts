import { beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { decodeImage } from '../decode/decode-image.js';
import { hasAllIntervals, jpegFrame } from './jpeg.js';

const imageWidth = 48;
const imageHeight = 40;
const refused = (code: string, message = /./) =>
  expect.objectContaining({ name: 'ImageError', code, message: expect.stringMatching(message) });

let plain: Buffer;
let pixels: Uint8Array;

beforeAll(async () => {
  const noise = Uint8Array.from({ length: imageWidth * imageHeight }, (_, i) => (i * 7919) % 251);
  plain = await sharp(noise, { raw: { width: imageWidth, height: imageHeight, channels: 1 } })
    .toColourspace('b-w')
    .jpeg()
    .toBuffer();
  pixels = (await decodeImage(plain)).data;
});

const scanAt = () => plain.indexOf(Buffer.of(0xff, 0xda));
const insert = (at: number, bytes: readonly number[]) =>
  Buffer.concat([plain.subarray(0, at), Buffer.from(bytes), plain.subarray(at)]);

describe('what decoders warn of although no pixel is missing', () => {
  test.each([
    ['stray bytes in front of a table', () => insert(scanAt(), [1, 2, 3])],
    ['a tag whose length is too small', () => insert(2, [0xff, 0xee, 0, 4, 1, 2, 3, 4, 5])],
    [
      'an unknown version of JFIF',
      () => insert(2, [0xff, 0xe0, 0, 16, ...Buffer.from('JFIF\0'), 9, 1, 0, 0, 1, 0, 1, 0, 0]),
    ],
    ['a spectral selection in a sequential scan', () => withByte(scanAt() + 8, 5)],
    ['stray bytes in front of the end mark', () => insert(plain.length - 2, [0, 0, 0, 0, 0])],
    ['bytes behind the end mark', () => insert(plain.length, [1, 2, 3])],
  ])('%s', async (_, bytes) => {
    expect((await decodeImage(bytes())).data).toEqual(pixels);
  });

  test('a comment of any content', async () => {
    expect((await decodeImage(insert(2, [0xff, 0xfe, 0, 5, 0xff, 0xd8, 0xff]))).data).toEqual(pixels);
  });
});

describe('missing pixels are damage', () => {
  test('a scan that is cut short, with and without an end mark', async () => {
    const half = plain.subarray(0, scanAt() + 400);
    await expect(decodeImage(half)).rejects.toEqual(refused('corrupt-image'));
    await expect(decodeImage(Buffer.concat([half, Buffer.of(0xff, 0xd9)]))).rejects.toEqual(refused('corrupt-image'));
  });

  test('a header without a scan', async () => {
    await expect(decodeImage(plain.subarray(0, scanAt()))).rejects.toEqual(refused('corrupt-image'));
  });
});

describe('restart marks', () => {
  const [rst0, rst1, end] = [
    [0xff, 0xd0],
    [0xff, 0xd1],
    [0xff, 0xd9],
  ] as const;
  const frame = [0xff, 0xc0, 0, 11, 8, 0, 16, 0, 24, 1, 1, 0x11, 0];
  const stream = (scan: readonly number[]) =>
    Uint8Array.of(0xff, 0xd8, ...frame, 0xff, 0xdd, 0, 4, 0, 2, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, ...scan);

  test('are as many as the size asks for', () => {
    // Six blocks of 8 x 8 in intervals of two.
    expect(hasAllIntervals(stream([1, ...rst0, 2, 0xff, 0, ...rst1, 3, ...end]))).toBe(true);
    expect(hasAllIntervals(stream([1, ...rst0, 2, ...end]))).toBe(false);
    expect(hasAllIntervals(stream([1, ...rst1, 2, ...rst0, 3, ...end]))).toBe(false);
    expect(hasAllIntervals(stream([1, ...rst0, 2, ...rst1, 3]))).toBe(false);
  });
});

describe('processes', () => {
  test('that are not read are named', async () => {
    const marker = plain.indexOf(Buffer.of(0xff, 0xc0));
    await expect(decodeImage(withByte(marker + 4, 12))).rejects.toEqual(refused('unsupported-encoding', /12-bit/));
    await expect(decodeImage(withByte(marker + 1, 0xc3))).rejects.toEqual(refused('unsupported-encoding', /lossless/));
    await expect(decodeImage(withByte(marker + 1, 0xc9))).rejects.toEqual(
      refused('unsupported-encoding', /arithmetic/),
    );
  });

  test('the frame header says depth and subsampling', async () => {
    const colours = await sharp({ create: { width: 16, height: 16, channels: 3, background: 'red' } })
      .jpeg({ chromaSubsampling: '4:2:0' })
      .toBuffer();
    expect(jpegFrame(colours)).toEqual({ marker: 0xc0, precision: 8, subsampling: [2, 2] });
  });
});

function withByte(at: number, value: number): Buffer {
  const changed = Buffer.from(plain);
  changed[at] = value;
  return changed;
}
