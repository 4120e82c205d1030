import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import sharp from 'sharp';
import { decodeImage } from '../decode/decode-image.js';
import type { ImageError } from '../image/image-error.js';
import { encodeJpeg2000, encodeJpegLossless, encodeJpegLs, encodeRle } from '../testing/dicom-encoders.js';
import { type DicomElement, dicomFile } from '../testing/dicom-file.js';
import {
  colours,
  decode,
  encoders,
  frameOf,
  grey8,
  imageHeight,
  imageWidth,
  ramp,
  size,
  storedPixels,
} from '../testing/small-dicom.js';

const refused = (code: string) => expect.objectContaining({ name: 'ImageError', code });
const jpegFamily = Object.entries(encoders).filter(([name]) => name !== 'RLE');
const jpegBaseline = '1.2.840.10008.1.2.4.50';
const rle = '1.2.840.10008.1.2.5';
const jpegLs = '1.2.840.10008.1.2.4.80';
const jpeg2000 = '1.2.840.10008.1.2.4.90';

const jpegOf = (pixels: Uint8Array, channels: 1 | 3) =>
  sharp(pixels, { raw: { width: imageWidth, height: imageHeight, channels } })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
    .toBuffer();
/** 16 x 16 greys of `37 i % 256`, without loss, in high-throughput JPEG 2000 (T.814); made with OpenJPH. */
const highThroughput = Buffer.from(
  [
    'ff4fff510029400000000010000000100000000000000000000000100000001000000000000000000001070101ff50000800',
    '0200000002ff52000c00020001000504044001ff5c00132048505050505050505050505050484848ff64001700014f70656e',
    '4a50482056657220302e32362e332eff90000a0000000001730001ff93c02317730000c0124012c01200fe177300e8000774',
    '0000c77400c0151004f00540881cf7f5008334006eb3f500033400960dedfc0041b400c0169c016bc016c07ed813fc8a932d',
    '16142aa38403565e912eb7004e470f1ffafa85129e34e62e5e40cd00a1170040d0b8008cf13c3ccb95e61e15e6c2cf5a6a63',
    '7ffe030e8210239700c02f49805e9f00bd083f9fdfff7be7fdf9fc3e1fb2f6f9793d3e8f87cfe3f3fc7e20d4783d3e8fcfef',
    'eff3fb7cfc2222f93ebe9fe7f3f9fdbc5f1eaf0f89fc0021ee2a98e69f1c96b7a100000700002053017e1e3ebc3f3cbe3d3e',
    'be9e8fc7c7afd76f8f9f6f8f8f5f8fafd7fbf7fbf1cde3e3d7e3dbdbe7c3dbe7c3c3c38fe78797c797b7f787b7af1e5ebf9e',
    '003167d54d43c82fcb16a540102eea1080f454017f3fbfff5fdfff7ff7ff79fbf7fbfdff3fff7fdfdfcfefdfdfdfff77cfef',
    'f7ff7dfdfe7eff5f7f3fff3fbfff7fef084b079e7e1bde4bc27d5884007b0e000174b401ffd9',
  ].join(''),
  'hex',
);
/** The segment that says: three components are YCbCr. */
const jfif = Buffer.from('ffe000104a46494600010100000100010000', 'hex');
const withMark = (stream: Buffer) => Buffer.concat([stream.subarray(0, 2), jfif, stream.subarray(2)]);

describe('what lies behind the end mark is padding', () => {
  test.each(jpegFamily)('of %s, whatever and how much it is', async (_, [transferSyntax, encode]) => {
    const stream = await encode(frameOf(ramp(12), 12));
    const options = { transferSyntax, bitsAllocated: 16, bitsStored: 12 };
    const { data } = await decode({ ...options, pixelData: [stream] });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 9 }), async (padding) => {
        const padded = await decode({ ...options, pixelData: [Buffer.concat([stream, padding])] });
        expect(padded.data).toEqual(data);
      }),
      { numRuns: 8, examples: [[Uint8Array.of(0xff)], [Uint8Array.of(0xff, 0xff, 0xff)], [Uint8Array.of(0xff, 0xd9)]] },
    );
  });

  test('of baseline JPEG', async () => {
    const stream = await jpegOf(grey8(), 1);
    const plain = await decode({ transferSyntax: jpegBaseline, pixelData: [stream] });
    const padded = await decode({
      transferSyntax: jpegBaseline,
      pixelData: [Buffer.concat([stream, Buffer.of(0xff)])],
    });
    expect(padded.data).toEqual(plain.data);
  });
});

describe('a stream is decoded by what it is', () => {
  test('whatever process the transfer syntax names', async () => {
    const streams = [encodeJpegLossless(frameOf(grey8(), 8)), await encodeJpegLs(frameOf(grey8(), 8))];
    for (const stream of streams) {
      expect((await decode({ transferSyntax: jpegBaseline, pixelData: [stream] })).data).toEqual(grey8());
      expect((await decode({ transferSyntax: jpeg2000, pixelData: [stream] })).data).toEqual(grey8());
    }
    const baseline = await jpegOf(grey8(), 1);
    const asLossless = await decode({ transferSyntax: '1.2.840.10008.1.2.4.70', pixelData: [baseline] });
    expect(asLossless.data).toEqual((await decode({ transferSyntax: jpegBaseline, pixelData: [baseline] })).data);
  });

  test('also where the file says that it is not compressed', async () => {
    const pixelData = [await encodeJpegLs(frameOf(grey8(), 8))];
    expect((await decode({ transferSyntax: '1.2.840.10008.1.2.1', pixelData })).data).toEqual(grey8());
  });

  test('of high-throughput JPEG 2000', async () => {
    const transferSyntax = '1.2.840.10008.1.2.4.201';
    const { data } = await decodeImage(
      dicomFile({ rows: 16, columns: 16, transferSyntax, pixelData: [highThroughput] }),
    );
    expect(data).toEqual(Uint8Array.from({ length: 256 }, (_, i) => (37 * i) % 256));
  });

  test('in JP2 boxes, also long ones and one to the end', async () => {
    const codestream = await encodeJpeg2000(frameOf(grey8(), 8));
    const signature = Buffer.from('0000000c6a5020200d0a870a', 'hex');
    const short = Buffer.alloc(8);
    short.writeUInt32BE(8 + codestream.length);
    short.write('jp2c', 4);
    const toEnd = Buffer.from('000000006a703263', 'hex');
    const long = Buffer.from('000000016a7032630000000000000000', 'hex');
    long.writeUInt32BE(16 + codestream.length, 12);
    for (const header of [short, toEnd, long]) {
      const pixelData = [Buffer.concat([signature, header, codestream])];
      expect((await decode({ transferSyntax: jpeg2000, pixelData })).data).toEqual(grey8());
    }
    await expect(decode({ transferSyntax: jpeg2000, pixelData: [signature] })).rejects.toEqual(
      refused('corrupt-image'),
    );
  });

  test.each([
    [0xc1, 12, 'lossy JPEG of 12 bits'],
    [0xc5, 8, 'hierarchical JPEG'],
    [0xc9, 8, 'JPEG with arithmetic coding'],
  ])('frame marker %d of %d bits is refused by its name', async (marker, bits, name) => {
    const stream = Buffer.from(await jpegOf(grey8(), 1));
    const at = stream.indexOf(Buffer.of(0xff, 0xc0));
    stream[at + 1] = marker;
    stream[at + 4] = bits;
    const error: unknown = await decode({
      ...{ transferSyntax: '1.2.840.10008.1.2.4.51', bitsAllocated: 16, pixelData: [stream] },
    }).catch((reason) => reason);
    expect(error).toEqual(refused('unsupported-encoding'));
    expect((error as ImageError).message).toContain(name);
  });
});

test('colours in JPEG 2000 that take more memory than the limit of pixels allows are refused', async () => {
  const pixelData = [await encodeJpeg2000(frameOf(colours, 8))];
  const file = dicomFile({ ...size, transferSyntax: jpeg2000, samplesPerPixel: 3, pixelData });
  await expect(decodeImage(file, { maximumPixels: storedPixels })).rejects.toEqual(refused('too-many-pixels'));
  expect((await decodeImage(file, { maximumPixels: 2 * storedPixels })).data).toEqual(colours);
});

describe('colours of JPEG', () => {
  const red = Uint8Array.from({ length: storedPixels * 3 }, (_, i) => (i % 3 === 0 ? 200 : 30));
  const near = (a: Uint8Array, b: Uint8Array) => Math.max(...a.map((value, i) => Math.abs(value - b[i]!))) <= 3;

  test('without a mark are what the data set says', async () => {
    const ycbcr = await jpegOf(red, 3);
    expect(ycbcr.includes('JFIF')).toBe(false);
    const options = { transferSyntax: jpegBaseline, samplesPerPixel: 3, pixelData: [ycbcr] };
    expect(near((await decode({ ...options, photometric: 'YBR_FULL_422' })).data, red)).toBe(true);
    const asRgb = await decode({ ...options, photometric: 'RGB' });
    // Luminance and chrominances of the red, as they are stored.
    expect(near(asRgb.data.subarray(0, 3), Uint8Array.of(81, 99, 213))).toBe(true);
  });

  test('with a mark of the stream are what that says', async () => {
    const pixelData = [withMark(await jpegOf(red, 3))];
    for (const photometric of ['RGB', 'YBR_FULL_422']) {
      const options = { transferSyntax: jpegBaseline, samplesPerPixel: 3, photometric, pixelData };
      expect(near((await decode(options)).data, red)).toBe(true);
    }
  });

  test('of components that are named R, G and B are RGB', async () => {
    const stream = await jpegOf(red, 3);
    for (const marker of [0xc0, 0xda]) {
      const at = stream.indexOf(Buffer.of(0xff, marker));
      const [first, step] = marker === 0xc0 ? [at + 10, 3] : [at + 5, 2];
      'rgb'.split('').forEach((name, i) => {
        stream[first + i * step] = name.charCodeAt(0);
      });
    }
    const options = { transferSyntax: jpegBaseline, samplesPerPixel: 3, photometric: 'YBR_FULL_422' };
    const { data } = await decode({ ...options, pixelData: [stream] });
    expect(near(data.subarray(0, 3), Uint8Array.of(81, 99, 213))).toBe(true);
  });
});

describe('frames are found', () => {
  const frames = [grey8(), grey8(5), grey8(9)];
  const halves = (stream: Uint8Array) => {
    const half = 2 * Math.floor(stream.length / 4);
    return [stream.subarray(0, half), stream.subarray(half)];
  };
  const padded = (length: number) => length + (length % 2);
  /** Offset of the first fragment of each frame. */
  const offsetsOf = (fragments: readonly (readonly Uint8Array[])[]) => {
    let offset = 0;
    return fragments.map((ofFrame) => {
      const begin = offset;
      for (const { length } of ofFrame) offset += 8 + padded(length);
      return begin;
    });
  };

  test('by the offset table, also the extended one', async () => {
    const fragments = frames.map((samples) => halves(encodeRle(frameOf(samples, 8))));
    const offsets = offsetsOf(fragments);
    const options = { transferSyntax: rle, frames: 3, pixelData: fragments.flat() };
    const extended: Record<string, DicomElement> = {
      '7fe00001': { vr: 'OV', bytes: new Uint8Array(BigUint64Array.from(offsets, BigInt).buffer) },
    };
    for (const [i, samples] of frames.entries()) {
      expect((await decode({ ...options, offsets }, i)).data).toEqual(samples);
      expect((await decode({ ...options, elements: extended }, i)).data).toEqual(samples);
    }
    await expect(decode(options)).rejects.toEqual(refused('corrupt-image'));
    await expect(decode({ ...options, offsets: [0, 4, 8] })).rejects.toEqual(refused('corrupt-image'));
  });

  test('by the marks with which they begin, where the offset table is empty or wrong', async () => {
    const fragments = await Promise.all(frames.map(async (samples) => halves(await encodeJpegLs(frameOf(samples, 8)))));
    const options = { transferSyntax: jpegLs, frames: 3, pixelData: fragments.flat() };
    for (const offsets of [[], [0, 12, 24]]) {
      expect((await decode({ ...options, offsets }, 2)).data).toEqual(frames[2]);
    }
  });

  test('of colours as RLE in YCbCr', async () => {
    const options = { transferSyntax: rle, samplesPerPixel: 3, pixelData: [encodeRle(frameOf(colours, 8))] };
    const asYcbcr = await decode({ ...options, photometric: 'YBR_FULL' });
    const native = await decode({ samplesPerPixel: 3, photometric: 'YBR_FULL', pixelData: colours });
    expect(asYcbcr.data).toEqual(native.data);
  });
});
