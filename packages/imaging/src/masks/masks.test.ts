import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import sharp, { type Sharp } from 'sharp';
import type { ImageMode } from '../image/decoded-image.js';
import { dicomFile } from '../testing/dicom-file.js';
import { window } from '../testing/small-dicom.js';
import { decodeMask } from './decode-mask.js';
import { readMask } from './read-mask.js';

const side = 16;
/** A square of 6 x 6 inside. */
const inside = Array.from({ length: side * side }, (_, i) => {
  const [x, y] = [i % side, Math.floor(i / side)];
  return x >= 4 && x < 10 && y >= 5 && y < 11;
});
const expected = Uint8Array.from(inside, (value) => (value ? 255 : 0));
const values = (ground: number, lesion: (i: number) => number) =>
  inside.map((value, i) => (value ? lesion(i) : ground));
const read = (data: readonly number[], mode: ImageMode = 'grey', isLossy = false) =>
  readMask({ width: side, height: side, mode, data, isLossy });

describe('masks are read as what they are', () => {
  test.each([
    ['0 and 255', 0, 255],
    ['0 and 1', 0, 1],
    ['0 and 700', 0, 700],
  ])('%s', (_, ground, lesion) => {
    expect(read(values(ground, () => lesion))).toEqual({ data: expected, notes: [] });
  });

  test('labels: all but the ground, said', () => {
    expect(read(values(0, (i) => (i % 2 ? 1 : 700)))).toEqual({
      data: expected,
      notes: ['the mask has 2 values beside 0, its ground; all count as abnormal'],
    });
    expect(read(values(1, (i) => 2 + (i % 3)))).toEqual({
      data: expected,
      notes: ['the mask has 3 values beside 1, its ground; all count as abnormal'],
    });
    expect(read(values(1, () => 2))).toEqual({ data: expected, notes: ["1 was taken as the mask's ground"] });
  });

  test('ringing of JPEG: above half the range', () => {
    expect(
      read(
        values(3, (i) => 240 + (i % 15)),
        'grey',
        true,
      ),
    ).toEqual({ data: expected, notes: [] });
    expect(read(new Array(side * side).fill(0), 'grey', true).data).toEqual(new Uint8Array(side * side));
  });

  test('a brush: its alpha', () => {
    const brush = inside.flatMap((value) => [200, 30, 30, value ? 180 : 0]);
    expect(read(brush, 'rgba')).toEqual({ data: expected, notes: ['the mask was read from its transparency'] });
    const opaque = inside.flatMap((value) => [value ? 9 : 0, 255]);
    expect(read(opaque, 'greyAlpha')).toEqual({ data: expected, notes: [] });
  });

  test('colours: any but black', () => {
    expect(
      read(
        inside.flatMap((value) => (value ? [0, 0, 7] : [0, 0, 0])),
        'rgb',
      ).data,
    ).toEqual(expected);
  });

  test('inverted: the larger value along the border and on most pixels is the ground', () => {
    expect(read(values(255, () => 0))).toEqual({
      data: expected,
      notes: ['the mask was inverted: its ground is the larger value'],
    });
  });

  test('empty and full ones are said to be so', () => {
    expect(read(new Array(side * side).fill(0)).notes).toEqual(['the mask is empty']);
    expect(read(new Array(side * side).fill(255)).notes).toEqual(['the mask covers the whole image']);
  });
});

describe('files', () => {
  test('of 16 bits keep a label of 1 beside one of 700', async () => {
    const data = Uint16Array.from(values(0, (i) => (i % 2 ? 1 : 700)));
    const bytes = await sharp(data, { raw: { width: side, height: side, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    expect((await decodeMask(bytes)).data).toEqual(expected);
  });

  test('with an ICC profile are read by their numbers', async () => {
    const labels = Uint8Array.from(values(0, (i) => (i % 2 ? 1 : 2)).flatMap((value) => [value, value, value]));
    const png = await sharp(labels, { raw: { width: side, height: side, channels: 3 } })
      .png()
      .toBuffer();
    const { icc } = await sharp(await sharp(png).withIccProfile('p3').png().toBuffer()).metadata();
    const content = Buffer.concat([Buffer.from('iCCP'), Buffer.from('p3\0\0'), deflateSync(icc!)]);
    const chunk = Buffer.alloc(content.length + 8);
    chunk.writeUInt32BE(content.length - 4);
    content.copy(chunk, 4);
    chunk.writeUInt32BE(crc32(content), chunk.length - 4);
    // Behind the signature and the header.
    const profiled = Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
    expect((await sharp(profiled).metadata()).icc).toEqual(icc);
    const { data, notes } = await decodeMask(profiled);
    expect(data).toEqual(expected);
    expect(notes).toEqual((await decodeMask(png)).notes);
  });

  const lossy: Readonly<Record<string, (image: Sharp) => Sharp>> = {
    JPEG: (image) => image.jpeg({ quality: 70 }),
    WebP: (image) => image.webp({ quality: 60 }),
    'JPEG in TIFF': (image) => image.tiff({ compression: 'jpeg', quality: 70 }),
  };
  test.each(Object.keys(lossy))('of %s lose their ringing, in white and in a colour', async (kind) => {
    const white = sharp(expected, { raw: { width: side, height: side, channels: 1 } });
    expect((await decodeMask(await lossy[kind]!(white).toBuffer())).data).toEqual(expected);
    const green = Uint8Array.from(inside.flatMap((value) => [0, value ? 255 : 0, 0]));
    const coloured = sharp(green, { raw: { width: side, height: side, channels: 3 } });
    expect((await decodeMask(await lossy[kind]!(coloured).toBuffer())).data).toEqual(expected);
  });

  test('of WebP without loss keep their labels', async () => {
    const labels = Uint8Array.from(values(0, (i) => (i % 2 ? 1 : 200)).flatMap((value) => [value, value, value]));
    const image = sharp(labels, { raw: { width: side, height: side, channels: 3 } });
    expect((await decodeMask(await image.webp({ lossless: true }).toBuffer())).data).toEqual(expected);
  });

  const segmentation = { rows: side, columns: side };

  test('of DICOM of single bits, as segmentations are', async () => {
    const pixelData = new Uint8Array((2 * side * side) / 8);
    inside.forEach((value, i) => {
      if (value) pixelData[i >> 3]! |= 1 << (i % 8);
    });
    const bytes = dicomFile({ ...segmentation, frames: 2, bitsAllocated: 1, pixelData });
    expect(await decodeMask(bytes)).toMatchObject({ mode: 'grey', data: expected, notes: ['first of 2 frames'] });
  });

  test('of DICOM keep a label of 1 beside one of 700, whatever its window', async () => {
    const pixelData = new Uint8Array(Uint16Array.from(values(0, (i) => (i % 2 ? 1 : 700))).buffer);
    const elements = window(500, 100);
    const { data, notes } = await decodeMask(dicomFile({ ...segmentation, bitsAllocated: 16, pixelData, elements }));
    expect(data).toEqual(expected);
    expect(notes).toEqual(['the mask has 2 values beside 0, its ground; all count as abnormal']);
  });

  test('of lossy DICOM lose their ringing', async () => {
    const stream = await sharp(expected, { raw: { width: side, height: side, channels: 1 } })
      .toColourspace('b-w')
      .jpeg({ quality: 70 })
      .toBuffer();
    const transferSyntax = '1.2.840.10008.1.2.4.50';
    expect((await decodeMask(dicomFile({ ...segmentation, transferSyntax, pixelData: [stream] }))).data).toEqual(
      expected,
    );
  });
});
