import { crc32 } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import sharp from 'sharp';
import { channelsOf, type DecodedImage } from '../image/decoded-image.js';
import { ImageError } from '../image/image-error.js';
import { withinTime } from '../image/time-limit.js';
import { dicomFile } from '../testing/dicom-file.js';
import { goldenInput } from '../testing/golden-input.js';
import { hugePng } from '../testing/huge-png.js';
import { twoPageTiff } from '../testing/tiff-file.js';
import { decodeImage } from './decode-image.js';

const imageWidth = 40;
const imageHeight = 24;
const noise = Uint8Array.from({ length: imageWidth * imageHeight * 3 }, (_, i) => (i * 7919) % 251);
const rgb = () => sharp(noise, { raw: { width: imageWidth, height: imageHeight, channels: 3 } });
const refused = (code: string) => expect.objectContaining({ name: 'ImageError', code });

const encoded: Readonly<Record<string, () => Promise<Buffer>>> = {
  png: () => rgb().png().toBuffer(),
  jpeg: () => rgb().jpeg().toBuffer(),
  webp: () => rgb().webp({ lossless: true }).toBuffer(),
  tiff: () => rgb().tiff({ compression: 'lzw' }).toBuffer(),
  gif: () => rgb().gif().toBuffer(),
  bmp: async () => goldenInput('small5.bmp'),
};

/** Further ways to store pixels, for damage. */
const furtherKinds: Readonly<Record<string, () => Promise<Buffer>>> = {
  'progressive jpeg': () => rgb().jpeg({ progressive: true }).toBuffer(),
  'deep png': () => rgb().toColourspace('grey16').png().toBuffer(),
  'interlaced png': () => rgb().png({ progressive: true, palette: true }).toBuffer(),
  'tiled tiff': () => rgb().tiff({ compression: 'deflate', tile: true, tileWidth: 16, tileHeight: 16 }).toBuffer(),
  'fax tiff': () =>
    rgb().greyscale().threshold().toColourspace('b-w').tiff({ compression: 'ccittfax4', bitdepth: 1 }).toBuffer(),
  'lossy webp': () => rgb().webp().toBuffer(),
};
const allKinds = { ...encoded, ...furtherKinds };

describe('decoding', () => {
  test.each(Object.keys(encoded))('%s is told by its content', async (format) => {
    const decoded = await decodeImage(await encoded[format]!(), { minimumSide: 1 });
    expect(decoded.format).toBe(format);
    expect(decoded.data.length).toBe(decoded.width * decoded.height * channelsOf[decoded.mode]);
  });

  test.each(['png', 'webp', 'tiff'])('%s without loss gives back the pixels', async (format) => {
    expect((await decodeImage(await encoded[format]!())).data).toEqual(noise);
  });

  test('the orientation of EXIF is applied', async () => {
    const bytes = await rgb().withMetadata({ orientation: 6 }).png().toBuffer();
    const { width, height, data } = await decodeImage(bytes);
    expect([width, height]).toEqual([imageHeight, imageWidth]);
    const lowerLeft = (imageHeight - 1) * imageWidth * 3;
    expect(data.slice(0, 3)).toEqual(noise.slice(lowerLeft, lowerLeft + 3));
  });

  test('of an animated PNG the first frame is read, and that is said', async () => {
    const still = await rgb().png().toBuffer();
    const control = Buffer.from('acTL\0\0\0\x03\0\0\0\0', 'latin1');
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(8);
    sum.writeUInt32BE(crc32(control));
    const headerEnd = 33;
    const animated = Buffer.concat([still.subarray(0, headerEnd), length, control, sum, still.subarray(headerEnd)]);
    expect(await decodeImage(animated)).toMatchObject({ data: noise, frameCount: 3, notes: ['first of 3 frames'] });
  });

  test('CMYK becomes RGB', async () => {
    const bytes = await rgb().toColourspace('cmyk').jpeg().toBuffer();
    const decoded = await decodeImage(bytes);
    expect([decoded.mode, decoded.data.length]).toEqual(['rgb', noise.length]);
  });

  test.each(['gif', 'webp'] as const)('of an animated %s the first frame is read, and said so', async (format) => {
    const frames = Uint8Array.from({ length: 32 * 96 * 3 }, (_, i) => Math.floor(i / (32 * 32 * 3)) * 100);
    const bytes = await sharp(frames, { raw: { width: 32, height: 96, channels: 3, pageHeight: 32 } })
      [format]()
      .toBuffer();
    const decoded = await decodeImage(bytes);
    expect(decoded).toMatchObject({ width: 32, height: 32, frameCount: 3 });
    expect(decoded.notes[0]).toBe('first of 3 frames');
    expect(decoded.data[0]).toBe(0);
    await expect(decodeImage(bytes, {}, 1)).rejects.toEqual(refused('no-such-frame'));
  });

  test('every page of a TIFF can be asked for', async () => {
    const bytes = twoPageTiff();
    expect((await decodeImage(bytes, {}, 0)).data[0]).toBe(10);
    expect(await decodeImage(bytes, {}, 1)).toMatchObject({ frameCount: 2, mode: 'grey' });
    expect((await decodeImage(bytes, {}, 1)).data[0]).toBe(20);
    await expect(decodeImage(bytes, {}, 2)).rejects.toEqual(refused('no-such-frame'));
  });
});

describe('empty pictures', () => {
  const constant = (channels: 3 | 4, background: string) =>
    sharp({ create: { width: 16, height: 16, channels, background } })
      .png()
      .toBuffer();
  const empty = 'this picture is empty: all its pixels are alike';

  test('are said to be so, whatever their colour', async () => {
    expect((await decodeImage(await constant(3, 'black'))).notes).toEqual([empty]);
    expect((await decodeImage(await constant(4, 'rgba(10, 20, 30, 0.5)'))).notes).toEqual([empty]);
    expect((await decodeImage(await encoded.png!())).notes).toEqual([]);
  });

  test('of DICOM are said to be so, and one hot pixel does not make a picture one of them', async () => {
    const side = 32;
    const file = (value: (i: number) => number) => {
      const pixelData = new Uint8Array(Uint16Array.from({ length: side * side }, (_, i) => value(i)).buffer);
      return decodeImage(dicomFile({ rows: side, columns: side, bitsAllocated: 16, pixelData }));
    };
    expect((await file(() => 7)).notes).toEqual(['all greys are 7', empty]);
    const { data, notes } = await file((i) => (i === 99 ? 65_535 : i));
    expect(notes).toEqual([`greys 0..${side * side - 1} were stretched to 0..255`]);
    expect(data[512]).toBe(128);
  });

  test('of which one pixel differs are not', async () => {
    const pixels = new Uint8Array(256);
    pixels[255] = 1;
    const bytes = await sharp(pixels, { raw: { width: 16, height: 16, channels: 1 } })
      .png()
      .toBuffer();
    expect((await decodeImage(bytes)).notes).toEqual([]);
  });
});

describe('limits', () => {
  test('bytes', async () => {
    await expect(decodeImage(noise, { maximumBytes: 100 })).rejects.toEqual(refused('too-many-bytes'));
    await expect(decodeImage(new Uint8Array(0))).rejects.toEqual(refused('corrupt-image'));
  });

  test('a small file that declares 30000 x 30000 pixels is refused from its header', async () => {
    const bytes = hugePng(30_000);
    expect(bytes.length).toBeLessThan(200_000);
    await expect(decodeImage(bytes)).rejects.toEqual(refused('too-many-pixels'));
  });

  test('an image of 1 x 1 pixels is too small', async () => {
    const bytes = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    await expect(decodeImage(bytes)).rejects.toEqual(refused('too-small'));
  });

  test('frames', async () => {
    await expect(decodeImage(twoPageTiff(), { maximumFrames: 1 })).rejects.toEqual(refused('too-many-frames'));
  });

  test('time', async () => {
    await expect(withinTime(new Promise(() => {}), 1)).rejects.toEqual(refused('timed-out'));
    await expect(withinTime(Promise.resolve('done'), 60_000)).resolves.toBe('done');
  });

  test('a limit below 1 is the caller’s mistake', async () => {
    await expect(decodeImage(noise, { maximumBytes: 0 })).rejects.toThrow(RangeError);
  });
});

describe('refused files', () => {
  test('of other types', async () => {
    await expect(decodeImage(Buffer.from('%PDF-1.7 and more'))).rejects.toEqual(refused('unsupported-format'));
    await expect(decodeImage(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))).rejects.toEqual(
      refused('unsupported-format'),
    );
    const avif = await rgb().avif({ effort: 0 }).toBuffer();
    await expect(decodeImage(avif)).rejects.toEqual(refused('unsupported-format'));
  });

  test.each(Object.keys(allKinds))('a %s that ends early, wherever it ends', async (format) => {
    const whole = await allKinds[format]!();
    const pixels = (await decodeImage(whole, { minimumSide: 1 })).data;
    const lengths = Array.from({ length: 24 }, (_, i) => Math.floor((i / 24) * whole.length));
    for (const length of [...lengths, whole.length - 8, whole.length - 2, whole.length - 1]) {
      const outcome = await decodeImage(whole.subarray(0, length), { minimumSide: 1 }).catch((error) => error);
      // Bytes that fill a row or a file up are no pixels; without them the image is still whole.
      const isWhole = outcome.data !== undefined && Buffer.compare(outcome.data, pixels) === 0;
      expect([length, isWhole ? 'ImageError' : outcome.name]).toEqual([length, 'ImageError']);
    }
  });

  test.each(Object.keys(allKinds))('a damaged %s is refused or keeps its declared size', async (format) => {
    const whole = await allKinds[format]!();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 1, max: 255 })), {
          minLength: 1,
          maxLength: 6,
        }),
        async (flips) => {
          const damaged = Uint8Array.from(whole);
          for (const [at, bits] of flips) damaged[at]! ^= bits;
          const outcome = await decodeImage(damaged, { minimumSide: 1, maximumPixels: 1e6 }).catch((error) => error);
          if (outcome instanceof Error) expect(outcome).toBeInstanceOf(ImageError);
          else
            expect(outcome.data.length).toBe(
              outcome.width * outcome.height * channelsOf[(outcome as DecodedImage).mode],
            );
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });
});
