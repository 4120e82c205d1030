import { readdirSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { goldenPath } from '@mediclip/testing';
import fc from 'fast-check';
import sharp from 'sharp';
import { decodeImage } from '../decode/decode-image.js';
import { detectFormat } from '../decode/detect-format.js';
import { goldenInput } from '../testing/golden-input.js';
import { testTiff } from '../testing/tiff-file.js';
import { type KeptFormat, withoutMetadata } from './without-metadata.js';

/** What must be gone: a name that is in no picture. */
const name = 'Ada^Lovelace^1815';
const planted = Buffer.from(`${name}\0${name}`);

const keptFormats: readonly string[] = ['png', 'jpeg', 'webp', 'tiff', 'bmp', 'gif'];

/** Expects the same picture, and no trace of the name; returns the plain file. */
async function expectPlain(file: Buffer): Promise<Buffer> {
  expect(file.includes(name)).toBe(true);
  const format = await detectFormat(file);
  const plain = Buffer.from(await withoutMetadata(file, format as KeptFormat));
  expect(plain.includes(name)).toBe(false);
  const [before, after] = [await decodeImage(file), await decodeImage(plain)];
  expect([after.width, after.height, after.mode]).toEqual([before.width, before.height, before.mode]);
  expect(Buffer.compare(Buffer.from(before.data), Buffer.from(after.data))).toBe(0);
  expect(Buffer.compare(await withoutMetadata(plain, format as KeptFormat), plain)).toBe(0);
  return plain;
}

const jpegSegment = (marker: number, text: string) => {
  const content = Buffer.concat([Buffer.from(text, 'latin1'), planted]);
  return Buffer.concat([Buffer.from([0xff, marker, 0, content.length + 2]), content]);
};

/** Places before segments of a JPEG: where others may stand. */
function jpegPlaces(file: Buffer): number[] {
  const places: number[] = [];
  for (let at = 2; at < file.length; ) {
    const marker = file[at + 1]!;
    if (file[at] !== 0xff || marker === 0 || (marker >= 0xd0 && marker <= 0xd7)) {
      at++;
      continue;
    }
    places.push(at);
    if (marker === 0xd9) break;
    at += 2 + file.readUInt16BE(at + 2);
  }
  return places;
}

const pngChunk = (type: string) => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), planted]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(planted.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
};

const inserted = (file: Buffer, at: number, ...pieces: Buffer[]) =>
  Buffer.concat([file.subarray(0, at), ...pieces, file.subarray(at)]);

const small = () => sharp(goldenInput('rgb.png')).resize(24, 17);

describe('a stored file decodes to the same pixels and says nothing else:', () => {
  test('JPEG, with tags in any place, between scans too', async () => {
    const files = await Promise.all([false, true].map(async (progressive) => small().jpeg({ progressive }).toBuffer()));
    const tags = [
      jpegSegment(0xfe, ''),
      jpegSegment(0xe1, 'http://ns.adobe.com/xap/1.0/\0'),
      jpegSegment(0xed, 'Photoshop 3.0\0'),
      jpegSegment(0xe0, 'JFXX\0'),
      jpegSegment(0xe2, 'MPF\0'),
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), fc.nat(), fc.constantFrom(...tags), async (file, place, tag) => {
        const places = jpegPlaces(file);
        await expectPlain(Buffer.concat([inserted(file, places[place % places.length]!, tag), planted]));
      }),
      { numRuns: 40 },
    );
  });

  test('PNG, with chunks in any place', async () => {
    const file = await small().png({ palette: true }).toBuffer();
    const places: number[] = [];
    for (let at = 33; at < file.length; at += file.readUInt32BE(at) + 12) places.push(at);
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.constantFrom('tEXt', 'iTXt', 'zTXt', 'prVt'), async (place, type) => {
        await expectPlain(Buffer.concat([inserted(file, places[place % places.length]!, pngChunk(type)), planted]));
      }),
      { numRuns: 15 },
    );
  });

  test.each(['jpeg', 'webp', 'png', 'tiff'] as const)('%s, with EXIF, XMP and any orientation', async (format) => {
    for (let orientation = 1; orientation <= 8; orientation++) {
      const file = await small()
        .withExif({ IFD0: { Artist: name, ImageDescription: name } })
        .withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/">${name}</x:xmpmeta>`)
        .withMetadata({ orientation })
        .toFormat(format)
        .toBuffer();
      const plain = await expectPlain(file);
      if (format === 'tiff') continue;
      expect((await sharp(plain).metadata()).orientation ?? 1).toBe(orientation);
      expect((await sharp(plain).metadata()).xmp).toBeUndefined();
    }
  });

  test('an animated WebP, with chunks among its frames', async () => {
    const frames = await sharp(goldenInput('rgb.png')).resize(16, 16).raw().toBuffer();
    const file = await sharp(Buffer.concat([frames, frames]), {
      raw: { width: 16, height: 32, channels: 3, pageHeight: 16 },
    })
      .webp()
      .toBuffer();
    const chunk = Buffer.concat([Buffer.from('NAME'), Buffer.alloc(4), planted, Buffer.alloc(planted.length % 2)]);
    chunk.writeUInt32LE(planted.length, 4);
    const tagged = Buffer.concat([file, chunk]);
    tagged.writeUInt32LE(tagged.length - 8, 4);
    await expectPlain(Buffer.concat([tagged, planted]));
  });

  test('GIF, with comments and extensions of applications', async () => {
    const file = await small().gif().toBuffer();
    const first = file.indexOf(Buffer.from([0x21, 0xf9]));
    const block = (label: number, ...head: number[]) =>
      Buffer.concat([Buffer.from([0x21, label, ...head, planted.length]), planted, Buffer.from([0])]);
    for (const extension of [block(0xfe), block(0xff, 11, ...Buffer.from('XMP DataXMP')), block(0x77)]) {
      await expectPlain(Buffer.concat([inserted(file, first, extension), planted]));
    }
  });

  test.each([true, false])('TIFF, with tags, gaps and a preview (BigTIFF: %s)', async (big) => {
    const segments = [new Uint8Array(16 * 10).map((_, at) => at), planted];
    const text = (tag: number) => ({ tag, type: 2, values: [...planted] });
    const tags = [text(270), text(315), text(33_723), text(700), { tag: 274, values: [6] }];
    const page = { width: 16, height: 10, segments, tags };
    const preview = { width: 16, height: 1, segments: [planted], tags: [{ tag: 254, values: [1] }, text(305)] };
    for (const littleEndian of [true, false]) {
      await expectPlain(Buffer.concat([testTiff([page, preview], { big, littleEndian }), planted]));
    }
  });

  test('TIFF of JPEG strips, with a comment in one', async () => {
    const jpeg = await sharp(goldenInput('gray8.png')).resize(16, 16).toColourspace('b-w').jpeg().toBuffer();
    const segments = [inserted(jpeg, 2, jpegSegment(0xfe, ''))];
    await expectPlain(testTiff([{ width: 16, height: 16, segments, tags: [{ tag: 259, values: [7] }] }]));
  });

  test('BMP, with a profile, a gap and bytes behind its pixels', async () => {
    const headerBytes = 124;
    const header = Buffer.alloc(14 + headerBytes);
    header.write('BM');
    header.writeUInt32LE(header.length + planted.length, 10);
    header.writeUInt32LE(headerBytes, 14);
    header.writeInt32LE(16, 18);
    header.writeInt32LE(9, 22);
    header.writeUInt16LE(1, 26);
    header.writeUInt16LE(24, 28);
    planted.copy(header, 74);
    const pixels = Buffer.from(Uint8Array.from({ length: 16 * 9 * 3 }, (_, at) => at * 7));
    await expectPlain(Buffer.concat([header, planted, pixels, planted]));
  });

  test('every picture of the reference, whatever it says', async () => {
    for (const file of readdirSync(goldenPath('preprocess/input'))) {
      const bytes = goldenInput(file);
      const format = await detectFormat(bytes).catch(() => 'none');
      if (!keptFormats.includes(format)) continue;
      const before = await decodeImage(bytes).catch(() => undefined);
      if (before === undefined || (format === 'tiff' && before.frameCount > 1)) continue;
      const after = await decodeImage(await withoutMetadata(bytes, format as KeptFormat));
      expect([file, { ...after, data: 0, notes: 0 }]).toEqual([file, { ...before, data: 0, notes: 0 }]);
      expect([file, Buffer.compare(Buffer.from(before.data), Buffer.from(after.data))]).toEqual([file, 0]);
    }
  });
});
