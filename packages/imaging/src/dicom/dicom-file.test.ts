import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import sharp from 'sharp';
import { decodeImage } from '../decode/decode-image.js';
import type { DecodedImage } from '../image/decoded-image.js';
import { ImageError } from '../image/image-error.js';
import { encodeJpegLossless, encodeJpegLs, encodeRle } from '../testing/dicom-encoders.js';
import { type DicomElement, dicomFile } from '../testing/dicom-file.js';
import {
  bytesOf,
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
  stretched,
  window,
} from '../testing/small-dicom.js';

const refused = (code: string) => expect.objectContaining({ name: 'ImageError', code });

describe('compressions give back what was compressed', () => {
  test.each(['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.2'])(
    'none (%s)',
    async (transferSyntax) => {
      const values = ramp(12);
      const pixelData = Buffer.from(bytesOf(Uint16Array.from(values)));
      if (transferSyntax.endsWith('.2.2')) pixelData.swap16();
      const decoded = await decode({ transferSyntax, bitsAllocated: 16, bitsStored: 12, pixelData });
      expect(decoded).toMatchObject({
        width: imageWidth,
        height: imageHeight,
        mode: 'grey',
        format: 'dicom',
        frameCount: 1,
      });
      expect(decoded.data).toEqual(stretched(values, 0, 4095));
      expect(decoded.notes).toEqual(['greys 0..4095 were stretched to 0..255']);
    },
  );

  for (const [name, [transferSyntax, encode]] of Object.entries(encoders)) {
    test.each([8, 12, 16])(`${name} of %d bits`, async (bits) => {
      const samples = bits === 8 ? grey8() : ramp(bits);
      const pixelData = [await encode(frameOf(samples, bits))];
      const decoded = await decode({ transferSyntax, bitsAllocated: bits === 8 ? 8 : 16, bitsStored: bits, pixelData });
      expect(decoded.data).toEqual(stretched(samples, 0, 2 ** bits - 1));
    });
  }

  test.each(Object.keys(encoders))('%s of colours', async (name) => {
    const [transferSyntax, encode] = encoders[name]!;
    const pixelData = [await encode(frameOf(colours, 8))];
    const decoded = await decode({ transferSyntax, samplesPerPixel: 3, pixelData });
    expect(decoded.mode).toBe('rgb');
    expect(decoded.data).toEqual(colours);
  });

  test.each([1, 2, 3, 4, 5, 6, 7])('lossless JPEG by predictor %d, with restarts', async (predictor) => {
    const samples = Uint16Array.from({ length: storedPixels }, (_, i) => (i * 40_503) % 65_536);
    for (const restartRows of [0, 3]) {
      const pixelData = [encodeJpegLossless(frameOf(samples, 16), { predictor, restartRows })];
      const options = { transferSyntax: '1.2.840.10008.1.2.4.57', bitsAllocated: 16, pixelData };
      const { data } = await decode({ ...options, elements: window(32_767.5, 65_535, 'LINEAR_EXACT') });
      expect(data).toEqual(stretched(samples, 0, 65_535));
    }
  });

  test('lossless JPEG with codes of up to 16 bits', async () => {
    const samples = Uint16Array.from({ length: storedPixels }, (_, i) =>
      i % 2 ? 32_767 - 2 ** (i % 15) : 2 ** (i % 16),
    );
    const pixelData = [encodeJpegLossless(frameOf(samples, 16), { codes: 'unary' })];
    const { data } = await decode({ transferSyntax: '1.2.840.10008.1.2.4.70', bitsAllocated: 16, pixelData });
    expect(data).toEqual(stretched(samples, 1, 32_766));
  });

  test('baseline JPEG up to its loss', async () => {
    const smooth = Uint8Array.from({ length: storedPixels }, (_, i) => (i % imageWidth) * 10);
    const raw = { width: imageWidth, height: imageHeight, channels: 1 as const };
    const stream = await sharp(smooth, { raw }).toColourspace('b-w').jpeg({ quality: 100 }).toBuffer();
    const transferSyntax = '1.2.840.10008.1.2.4.50';
    const { data } = await decode({
      transferSyntax,
      pixelData: [stream],
      elements: window(127.5, 255, 'LINEAR_EXACT'),
    });
    for (let i = 0; i < storedPixels; i++) expect(Math.abs(data[i]! - smooth[i]!)).toBeLessThanOrEqual(3);
  });

  test('one stream in several fragments', async () => {
    const stream = await encodeJpegLs(frameOf(grey8(), 8));
    const half = Math.floor(stream.length / 4) * 2;
    const pixelData = [stream.subarray(0, half), stream.subarray(half)];
    expect((await decode({ transferSyntax: '1.2.840.10008.1.2.4.80', pixelData })).data).toEqual(grey8());
  });
});

describe('frames', () => {
  test('of uncompressed pixels', async () => {
    const options = { frames: 3, pixelData: Buffer.concat([grey8(), grey8(5), grey8(9)]) };
    expect(await decode(options, 1)).toMatchObject({ frameCount: 3, data: grey8(5) });
    await expect(decode(options, 3)).rejects.toEqual(refused('no-such-frame'));
  });

  test('one fragment each', async () => {
    const pixelData = [grey8(), grey8(5)].map((samples) => encodeRle(frameOf(samples, 8)));
    const options = { frames: 2, transferSyntax: '1.2.840.10008.1.2.5', pixelData };
    expect((await decode(options, 1)).data).toEqual(grey8(5));
  });

  test('windows of their own in the functional groups', async () => {
    const groups = [window(50, 100), window(200, 20)].map((elements) => ({
      '00289132': { vr: 'SQ' as const, items: [elements] },
    }));
    const pixelData = Buffer.concat([grey8(), grey8()]);
    const options = { frames: 2, pixelData, elements: { '52009230': { vr: 'SQ' as const, items: groups } } };
    expect((await decode(options, 0)).notes).toEqual(['window of centre 50 and width 100']);
    expect((await decode(options, 1)).notes).toEqual(['window of centre 200 and width 20']);
  });

  test('more declared than held', async () => {
    await expect(decode({ frames: 2, pixelData: grey8() })).rejects.toEqual(refused('corrupt-image'));
    const pixelData = [encodeRle(frameOf(grey8(), 8))];
    const options = { frames: 2, transferSyntax: '1.2.840.10008.1.2.5', pixelData };
    await expect(decode(options)).rejects.toEqual(refused('corrupt-image'));
  });
});

describe('values become greys', () => {
  test('signed values, slope, intercept and a window', async () => {
    const values = Int16Array.from({ length: storedPixels }, (_, i) => i * 10 - 1000);
    const { data } = await decode({
      ...{ bitsAllocated: 16, signed: true, pixelData: bytesOf(values) },
      elements: { ...window(40, 400), '00281052': { vr: 'DS', text: '-100' }, '00281053': { vr: 'DS', text: '0.5' } },
    });
    // PS3.3, C.11.2.1.2.1: from centre - 0.5 - (width - 1) / 2 to centre - 0.5 + (width - 1) / 2.
    expect(data).toEqual(stretched(values, -160 * 2 + 200, 239 * 2 + 200));
  });

  test('signed 12-bit values in the upper bits', async () => {
    const values = Array.from({ length: storedPixels }, (_, i) => i * 12 - 1900);
    const pixelData = bytesOf(Uint16Array.from(values, (value) => ((value & 0xfff) << 4) | (value & 0xf)));
    const { data } = await decode({ bitsAllocated: 16, bitsStored: 12, highBit: 15, signed: true, pixelData });
    expect(data).toEqual(stretched(values, -1900, (storedPixels - 1) * 12 - 1900));
  });

  test('32-bit values', async () => {
    const pixelData = bytesOf(Uint32Array.from(ramp(16), (value) => value * 60_000));
    expect((await decode({ bitsAllocated: 32, pixelData })).data).toEqual(stretched(ramp(16), 0, 65_535));
  });

  test('MONOCHROME1 is inverted', async () => {
    const { data } = await decode({ photometric: 'MONOCHROME1', pixelData: grey8() });
    expect(data).toEqual(grey8().map((value) => 255 - value));
  });

  test('window functions', async () => {
    const at = async (value: number, elements?: Record<string, DicomElement>) =>
      (await decode({ pixelData: new Uint8Array(storedPixels).fill(value), ...(elements ? { elements } : {}) }))
        .data[0];
    expect(await at(100, window(100, 1))).toBe(255);
    expect(await at(99, window(100, 1))).toBe(0);
    expect(await at(100, window(100, 50, 'LINEAR_EXACT'))).toBe(128);
    expect(await at(75, window(100, 50, 'LINEAR_EXACT'))).toBe(0);
    expect(await at(100, window(100, 50, 'SIGMOID'))).toBe(128);
    expect(await at(125, window(100, 50, 'SIGMOID'))).toBe(Math.round(255 / (1 + Math.exp(-2))));
  });

  test('a window table', async () => {
    const entries = Uint16Array.from({ length: 256 }, (_, i) => 4095 - i * 16);
    const item = {
      '00283002': { vr: 'US' as const, values: [256, 0, 12] },
      '00283006': { vr: 'OW' as const, bytes: bytesOf(entries) },
    };
    const { data } = await decode({ pixelData: grey8(), elements: { '00283010': { vr: 'SQ', items: [item] } } });
    expect(data).toEqual(Uint8Array.from(grey8(), (value) => Math.round((entries[value]! * 255) / 4095)));
  });

  test('padding does not widen the range', async () => {
    const values = ramp(8).map((value) => value + 100);
    values[0] = 60_000;
    const elements: Record<string, DicomElement> = { '00280120': { vr: 'US', values: [60_000] } };
    const { notes } = await decode({ bitsAllocated: 16, pixelData: bytesOf(values), elements });
    expect(notes).toEqual(['greys 101..355 were stretched to 0..255']);
  });
});

describe('colours', () => {
  test('in planes', async () => {
    const planes = colours.map((_, i) => colours[(i % storedPixels) * 3 + Math.floor(i / storedPixels)]!);
    expect((await decode({ samplesPerPixel: 3, planar: true, pixelData: planes })).data).toEqual(colours);
  });

  test('YBR_FULL and its halved form', async () => {
    const red = [76, 85, 255];
    const full = Uint8Array.from({ length: storedPixels * 3 }, (_, i) => red[i % 3]!);
    const halved = Uint8Array.from({ length: storedPixels * 2 }, (_, i) => [76, 76, 85, 255][i % 4]!);
    const a = await decode({ samplesPerPixel: 3, photometric: 'YBR_FULL', pixelData: full });
    const b = await decode({ samplesPerPixel: 3, photometric: 'YBR_FULL_422', pixelData: halved });
    expect([...a.data.slice(0, 3)]).toEqual([254, 0, 0]);
    expect(b.data).toEqual(a.data);
  });

  test('palettes', async () => {
    const table = (factor: number) => bytesOf(Uint16Array.from({ length: 256 }, (_, i) => ((i * factor) % 256) * 256));
    const descriptor = { vr: 'US', values: [256, 0, 16] } as const;
    const { mode, data } = await decode({
      ...{ photometric: 'PALETTE COLOR', pixelData: grey8() },
      elements: {
        ...{ '00281101': descriptor, '00281102': descriptor, '00281103': descriptor },
        '00281201': { vr: 'OW', bytes: table(1) },
        '00281202': { vr: 'OW', bytes: table(3) },
        '00281203': { vr: 'OW', bytes: table(7) },
      },
    });
    expect(mode).toBe('rgb');
    expect(data).toEqual(Uint8Array.from([...grey8()].flatMap((i) => [i, (i * 3) % 256, (i * 7) % 256])));
  });
});

describe('privacy', () => {
  test('only technical tags survive', async () => {
    const decoded = await decode({
      pixelData: grey8(),
      elements: {
        '00080020': { vr: 'DA', text: '19700101' },
        '00080060': { vr: 'CS', text: 'MR' },
        '00080080': { vr: 'LO', text: 'SECRET HOSPITAL' },
        '00100010': { vr: 'PN', text: 'SECRET^NAME' },
        '00180050': { vr: 'DS', text: '2.5' },
        '00280030': { vr: 'DS', text: '0.5\\0.75' },
      },
    });
    expect(decoded.dicom).toEqual({
      transferSyntax: '1.2.840.10008.1.2.1',
      modality: 'MR',
      photometricInterpretation: 'MONOCHROME2',
      bitsStored: 8,
      signed: false,
      pixelSpacingMm: [0.5, 0.75],
      sliceThicknessMm: 2.5,
    });
    expect(JSON.stringify({ ...decoded, data: [] })).not.toMatch(/SECRET|1970/);
  });

  test('a modality that is no defined term is left out, and errors quote nothing', async () => {
    const elements = { '00080060': { vr: 'CS', text: 'SECRET' } } as const;
    expect((await decode({ pixelData: grey8(), elements })).dicom).not.toHaveProperty('modality');
    for (const options of [
      { photometric: 'SECRET' },
      { transferSyntax: 'SECRET' },
      { elements: { '00280008': { vr: 'IS' as const, text: 'SECRET' } } },
      { elements: { '00281053': { vr: 'DS' as const, text: 'SECRET' } } },
    ]) {
      const error: unknown = await decode({ pixelData: grey8(), ...options }).catch((reason) => reason);
      expect(error).toBeInstanceOf(ImageError);
      expect((error as ImageError).message).not.toContain('SECRET');
    }
  });
});

describe('refused files', () => {
  test('without pixels, of unsupported syntax, named, and of odd depths', async () => {
    const file = dicomFile({ ...size, pixelData: grey8() });
    const tag = file.indexOf(Buffer.from([0xe0, 0x7f, 0x10, 0x00]));
    await expect(decodeImage(file.subarray(0, tag))).rejects.toEqual(refused('no-pixels'));
    for (const [syntax, name] of [
      ['1.2.840.10008.1.2.4.100', 'MPEG-2 video'],
      ['1.2.840.10008.1.2.4.110', 'JPEG XL'],
      ['1.2.3', '1.2.3'],
    ] as const) {
      const error: unknown = await decode({ transferSyntax: syntax, pixelData: grey8() }).catch((reason) => reason);
      expect(error).toEqual(refused('unsupported-encoding'));
      expect((error as ImageError).message).toContain(name);
    }
    await expect(decode({ bitsAllocated: 12, pixelData: grey8() })).rejects.toEqual(refused('unsupported-encoding'));
    await expect(decode({ bitsStored: 9, pixelData: grey8() })).rejects.toEqual(refused('corrupt-image'));
    await expect(decode({ samplesPerPixel: 3, photometric: 'MONOCHROME2', pixelData: grey8() })).rejects.toEqual(
      refused('corrupt-image'),
    );
  });

  test('too many pixels, by its header', async () => {
    const file = dicomFile({ rows: 30_000, columns: 30_000, pixelData: grey8() });
    await expect(decodeImage(file)).rejects.toEqual(refused('too-many-pixels'));
  });

  test('a stream of another size than the header says', async () => {
    for (const name of ['lossless JPEG', 'JPEG-LS', 'JPEG 2000']) {
      const [transferSyntax, encode] = encoders[name]!;
      const file = dicomFile({ rows: 16, columns: 16, transferSyntax, pixelData: [await encode(frameOf(grey8(), 8))] });
      await expect(decodeImage(file)).rejects.toEqual(refused('corrupt-image'));
    }
  });

  const files: Readonly<Record<string, () => Promise<Buffer>>> = {
    uncompressed: async () => dicomFile({ ...size, pixelData: grey8() }),
    ...Object.fromEntries(
      Object.entries(encoders).map(([name, [transferSyntax, encode]]) => [
        name,
        async () => dicomFile({ ...size, transferSyntax, pixelData: [await encode(frameOf(grey8(), 8))] }),
      ]),
    ),
  };

  test.each(Object.keys(files))('%s that ends early', async (name) => {
    const whole = await files[name]!();
    for (let i = 0; i < 15; i++) {
      const length = Math.floor(((i + 0.5) / 15) * (whole.length - 8));
      const outcome: unknown = await decodeImage(whole.subarray(0, length)).catch((reason) => reason);
      expect([length, outcome]).toEqual([length, expect.objectContaining({ name: 'ImageError' })]);
    }
  });

  test.each(Object.keys(files).filter((name) => name in encoders))('%s with a stream cut short', async (name) => {
    const [transferSyntax, encode] = encoders[name]!;
    const stream = await encode(frameOf(grey8(), 8));
    for (const share of [0, 0.2, 0.5, 0.8, 0.95]) {
      const cut = stream.subarray(0, Math.floor(stream.length * share));
      const withEndMark = Buffer.concat([cut, Buffer.from([0xff, 0xd9])]);
      for (const pixelData of name === 'RLE' ? [[cut]] : [[cut], [withEndMark]]) {
        const outcome: unknown = await decode({ transferSyntax, pixelData }).catch((reason) => reason);
        expect([share, outcome]).toEqual([share, expect.objectContaining({ name: 'ImageError' })]);
      }
    }
  });

  test.each(Object.keys(files))('%s with damaged bytes is refused or keeps its size', async (name) => {
    const whole = await files[name]!();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 132, max: whole.length - 1 }), fc.integer({ min: 1, max: 255 })), {
          minLength: 1,
          maxLength: 4,
        }),
        async (flips) => {
          const damaged = Uint8Array.from(whole);
          for (const [at, bits] of flips) damaged[at]! ^= bits;
          const outcome = await decodeImage(damaged, { maximumPixels: 1e6 }).catch((reason: unknown) => reason);
          if (outcome instanceof Error) expect(outcome).toBeInstanceOf(ImageError);
          else {
            const { data, width, height, mode } = outcome as DecodedImage;
            expect(data.length).toBe(width * height * (mode === 'grey' ? 1 : 3));
          }
        },
      ),
      { numRuns: 40, seed: 1 },
    );
  });
});
