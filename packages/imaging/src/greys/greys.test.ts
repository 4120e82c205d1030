import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import sharp from 'sharp';
import { decodeImage } from '../decode/decode-image.js';
import { openImage } from '../decode/open-image.js';
import type { DeepImage } from '../image/decoded-image.js';
import { encodeDeepPng } from '../prepare/encode-png.js';
import { type DicomElement, type DicomFileOptions, dicomFile } from '../testing/dicom-file.js';
import { bytesOf, window } from '../testing/small-dicom.js';
import { testTiff } from '../testing/tiff-file.js';
import { chosenIntensity, greyStatistics } from './choose-intensity.js';
import { foregroundValues } from './foreground.js';
import { type GreyValues, valueReader } from './grey-values.js';
import type { Intensity } from './intensity.js';
import { greyRendering, renderedGreys } from './render-greys.js';
import { sixteenBits } from './sixteen-bits.js';

const side = 16;
const text = (value: number): DicomElement => ({ vr: 'DS', text: String(value) });
const rescale = (slope: number, intercept: number) => ({ '00281053': text(slope), '00281052': text(intercept) });

async function deepOf(bytes: Uint8Array): Promise<DeepImage> {
  const image = await (await openImage(bytes)).read(0);
  if (!('greys' in image)) throw new Error('The picture is not deep.');
  return image;
}

const deepDicom = (options: Omit<DicomFileOptions, 'rows' | 'columns'>) =>
  dicomFile({ rows: side, columns: side, bitsAllocated: 16, ...options });

const values16 = (of: (i: number) => number) =>
  bytesOf(Uint16Array.from({ length: side * side }, (_, i) => of(i) & 0xffff));

const shown = (greys: GreyValues, intensity?: Intensity) => renderedGreys(greys, greyRendering(greys, intensity));
const valuesOf = ({ stored, pixels }: GreyValues) => Array.from(stored, valueReader(pixels));

/** A picture of these values, row by row. */
function picture(values: readonly number[], pixels: Partial<GreyValues['pixels']> = {}): GreyValues {
  const stored = Uint16Array.from(values, (value) => value + 2000);
  const width = Math.sqrt(values.length);
  return { width, height: width, stored, pixels: { bits: 12, slope: 1, intercept: -2000, ...pixels } };
}

describe('the values of a deep file', () => {
  const depth = fc.record({ bitsStored: fc.integer({ min: 9, max: 16 }), signed: fc.boolean() });
  const falling = Uint16Array.from({ length: 300 }, (_, i) => 299 - i);
  const interest = fc.constantFrom<Record<string, DicomElement>>(
    {},
    window(40, 400),
    window(-10, 33, 'SIGMOID'),
    window(100, 0.5),
    {
      '00283010': {
        vr: 'SQ',
        items: [{ '00283002': { vr: 'US', values: [300, 0, 9] }, '00283006': { vr: 'OW', bytes: bytesOf(falling) } }],
      },
    },
  );

  test('are shown to people as the file itself is, whatever it says', async () => {
    const photometric = fc.constantFrom('MONOCHROME1', 'MONOCHROME2');
    const scale = fc.constantFrom(rescale(1, 0), rescale(1, -1024), rescale(0.5, 3), rescale(-2, 100), {});
    const padding = fc.option(fc.integer({ min: 0, max: 700 }), { nil: undefined });
    const seed = fc.integer({ min: 1, max: 60_000 });
    await fc.assert(
      fc.asyncProperty(
        depth,
        photometric,
        scale,
        interest,
        padding,
        seed,
        async (bits, kind, slope, voi, pad, from) => {
          const elements = {
            ...slope,
            ...voi,
            ...(pad !== undefined && { '00280120': { vr: 'US' as const, values: [pad] } }),
          };
          const pixelData = values16((i) => (i % 5 === 0 ? (pad ?? 0) : (i * from) % 2 ** bits.bitsStored));
          const bytes = deepDicom({ ...bits, photometric: kind, pixelData, elements });
          const [expected, { greys, notes }] = [await decodeImage(bytes), await deepOf(bytes)];
          expect(shown(greys)).toEqual(expected.data);
          expect([...notes, ...greyRendering(greys).notes]).toEqual(expected.notes);
        },
      ),
      { numRuns: 80 },
    );
  });

  test('are those of the modality: rescaled, or from its table, in their unit', async () => {
    const pixelData = values16((i) => i - 128);
    const ct = await deepOf(deepDicom({ signed: true, pixelData, elements: rescale(2, -1000) }));
    expect(valuesOf(ct.greys)).toEqual(Array.from({ length: 256 }, (_, i) => 2 * (i - 128) - 1000));
    expect(ct.greys.pixels).toMatchObject({ bits: 16, unit: 'HU' });
    const ofMr = await deepOf(
      deepDicom({ pixelData, elements: { ...rescale(2, 0), '00281054': { vr: 'LO', text: 'US' } } }),
    );
    expect(ofMr.greys.pixels.unit).toBeUndefined();
    const tabulated = await deepOf(
      deepDicom({
        pixelData: values16((i) => i),
        elements: {
          '00280120': { vr: 'US', values: [7] },
          '00283000': {
            vr: 'SQ',
            items: [
              {
                '00283002': { vr: 'US', values: [256, 0, 16] },
                '00283006': { vr: 'OW', bytes: values16((i) => 40_000 - i) },
              },
            ],
          },
        },
      }),
    );
    const { padding } = tabulated.greys.pixels;
    expect(valuesOf(tabulated.greys)).toEqual(
      Array.from({ length: 256 }, (_, i) => (i === 7 ? padding?.low : 40_000 - i)),
    );
  });

  test('are inverted as Presentation LUT Shape says, else as the photometric interpretation does', async () => {
    const pixelData = values16((i) => i * 16);
    const invertedOf = async (photometric: string, shape?: string) => {
      const elements: Record<string, DicomElement> = shape ? { '20500020': { vr: 'CS', text: shape } } : {};
      const bytes = deepDicom({ photometric, pixelData, elements });
      const { greys } = await deepOf(bytes);
      expect(shown(greys)).toEqual((await decodeImage(bytes)).data);
      return greys.pixels.inverted === true;
    };
    expect(await invertedOf('MONOCHROME1')).toBe(true);
    expect(await invertedOf('MONOCHROME1', 'INVERSE')).toBe(true);
    expect(await invertedOf('MONOCHROME1', 'IDENTITY')).toBe(false);
    expect(await invertedOf('MONOCHROME2', 'INVERSE')).toBe(true);
    expect(await invertedOf('MONOCHROME2')).toBe(false);
  });

  test('of 32 bits lose nothing in a range of 16, else are scaled with a note; NaN is padding', () => {
    const narrow = sixteenBits(Int32Array.of(-70_000, -69_000, -5000), (value) => value === -5000);
    expect(valuesOf({ width: 3, height: 1, ...narrow }).slice(0, 2)).toEqual([-70_000, -69_000]);
    expect(narrow).toMatchObject({ notes: [], pixels: { padding: { low: 65_535, high: 65_535 } } });
    const scaled = sixteenBits(Float32Array.of(0, 0.25, 1, Number.NaN));
    expect(scaled.notes).toEqual(['values from 0 to 1 were scaled to 16 bits']);
    const [low, quarter, high] = valuesOf({ width: 4, height: 1, ...scaled });
    expect([low, high]).toEqual([0, 1]);
    expect(quarter).toBeCloseTo(0.25, 4);
    expect(scaled.stored[3]).toBe(scaled.pixels.padding?.low);
  });

  test('of a PNG are its numbers, and a PNG of 16 bits keeps them all', async () => {
    const stored = Uint16Array.from({ length: 256 }, (_, i) => i * 257);
    const png = await encodeDeepPng({ ...picture([]), width: 16, height: 16, stored });
    const { greys } = await deepOf(png);
    expect(greys).toEqual({ width: 16, height: 16, stored, pixels: { bits: 16, slope: 1, intercept: 0 } });
  });

  test.each([
    ['unsigned', new Uint16Array(256).map((_, i) => i * 9)],
    ['signed', new Int16Array(256).map((_, i) => i * 9 - 1000)],
  ])('of a TIFF of 16 bits, %s, are its numbers', async (_, samples) => {
    const tags = [
      { tag: 258, values: [16] },
      { tag: 339, values: [samples instanceof Int16Array ? 2 : 1] },
    ];
    const bytes = testTiff([{ width: 16, height: 16, segments: [new Uint8Array(samples.buffer)], tags }]);
    expect(valuesOf((await deepOf(bytes)).greys)).toEqual([...samples]);
  });

  test('are no matter of greys of 8 bits', async () => {
    const eight = dicomFile({ rows: side, columns: side, pixelData: new Uint8Array(256).map((_, i) => i) });
    expect(await (await openImage(eight)).read(0)).toEqual(await decodeImage(eight));
    const png = await sharp(Buffer.alloc(256, 7), { raw: { width: 16, height: 16, channels: 1 } })
      .png()
      .toBuffer();
    expect(await (await openImage(png)).read(0)).toEqual(await decodeImage(png));
  });
});

/** A disc of tissue with a dark hole in it, in air, in a round field of view outside of which there is padding. */
function slice(pixels: Partial<GreyValues['pixels']> = {}): GreyValues {
  const width = 128;
  const values = Array.from({ length: width * width }, (_, i) => {
    const radius = Math.hypot((i % width) - 64, Math.floor(i / width) - 64);
    if (radius > 62) return -2000;
    if (radius > 45) return -1000 + (i % 7);
    return radius < 10 ? -950 : (i % 100) + 1;
  });
  return picture(values, { padding: { low: 0, high: 0 }, unit: 'HU', ...pixels });
}

describe('the foreground of a picture', () => {
  test('is what is no padding and no background; a dark hole inside belongs to it', () => {
    const values = foregroundValues(slice());
    expect(values[0]).toBe(-950);
    expect(values.filter((value) => value === -950).length).toBeGreaterThan(250);
    expect(values.filter((value) => value < -950)).toHaveLength(0);
    expect(values.at(-1)).toBe(100);
  });

  test('is without a burnt-in marker of one value, wherever it lies', () => {
    const length = 64 * 64;
    const plain = Array.from({ length }, (_, i) => 200 + ((i * 7919) % 800));
    const marked = plain.map((value, i) => (i % 64 < 16 && i >> 6 < 8 ? 60_000 : value));
    const range = (values: number[]) => {
      const foreground = foregroundValues(picture(values));
      return [foreground[0]!, foreground.at(-1)!];
    };
    expect(range(marked)).toEqual(range(plain));
    const bright = (values: number[]) => shown(picture(values), { kind: 'percentiles', low: 0.5, high: 99.5 });
    const [of, ofMarked] = [bright(plain), bright(marked)];
    expect(ofMarked.filter((grey, i) => marked[i] !== 60_000 && Math.abs(grey - of[i]!) > 2)).toHaveLength(0);
  });

  test('is everything where nothing else would be left', () => {
    expect(foregroundValues(picture(Array(256).fill(5)))).toHaveLength(256);
    expect(foregroundValues(picture(Array(256).fill(-2000), { padding: { low: 0, high: 0 } }))).toHaveLength(0);
  });

  test('of an inverted picture is what is darker', () => {
    const { stored, ...rest } = slice({ padding: undefined });
    const turned = {
      ...rest,
      stored: stored.map((code) => 4000 - code),
      pixels: { ...rest.pixels, inverted: true as const },
    };
    expect(foregroundValues(turned)).toEqual(
      foregroundValues({ ...rest, stored })
        .map((value) => -value)
        .reverse(),
    );
  });
});

describe('an intensity', () => {
  const statistics = (pixels: Partial<GreyValues['pixels']>) => greyStatistics(slice(pixels));
  const own = { centre: 40, width: 80, function: 'LINEAR' as const };

  test('is chosen by the shots: one window of values in a unit, the windows of files that all have one, else percentiles', () => {
    const ct = chosenIntensity({ kind: 'auto' }, [statistics({}), statistics({ window: own })]);
    expect(ct).toMatchObject({ kind: 'window', unit: 'HU' });
    if (ct?.kind !== 'window') throw new Error('This is a bug.');
    expect(ct.centre + ct.width / 2).toBeCloseTo(100, 0);
    expect(ct.centre - ct.width / 2).toBeCloseTo(-950, 0);
    const none = { unit: undefined };
    expect(chosenIntensity(undefined, [statistics({ ...none, window: own })])).toEqual({ kind: 'file' });
    const mixed = [statistics({ ...none, window: own }), statistics(none)];
    expect(chosenIntensity(undefined, mixed)).toEqual({ kind: 'percentiles', low: 0.5, high: 99.5 });
    expect(chosenIntensity(undefined, [])).toBeUndefined();
    const preset = chosenIntensity({ kind: 'preset', name: 'brain' }, []);
    expect(preset).toEqual({ kind: 'window', centre: 40, width: 80, unit: 'HU' });
  });

  test('of a window goes from black to white over its width, padding black', () => {
    const greys = picture([-2000, -100, -60, -20, 20, 60, 100, 140, 180], { padding: { low: 0, high: 0 } });
    const { notes, table } = greyRendering(greys, { kind: 'window', centre: 20, width: 160, unit: 'HU' });
    expect([...renderedGreys(greys, { table })]).toEqual([0, 0, 0, 64, 128, 191, 255, 255, 255]);
    expect(notes).toEqual(['window of centre 20 and width 160; it is in HU, and the values are not']);
    const inverted = { ...greys, pixels: { ...greys.pixels, inverted: true as const } };
    expect([...shown(inverted, { kind: 'window', centre: 20, width: 160 })].slice(0, 3)).toEqual([0, 255, 255]);
  });

  test('of percentiles is that of the foreground', () => {
    expect(greyRendering(slice(), { kind: 'percentiles', low: 0, high: 100 }).notes).toEqual([
      'greys -950..100 were stretched to 0..255',
    ]);
  });

  test.each<Intensity>([
    { kind: 'window', centre: 37, width: 111 },
    { kind: 'percentiles', low: 0.5, high: 99.5 },
    { kind: 'file' },
  ])('gives equal values equal greys, whatever slope and intercept they are stored with (%j)', (intensity) => {
    const plain = slice({ window: own });
    for (const [slope, offset] of [
      [0.1, 300],
      [0.25, 17],
    ] as const) {
      const stored = plain.stored.map((code) => Math.round((code - 2000 + 2000) / slope) + offset);
      const intercept = -2000 - slope * offset;
      const pixels = { ...plain.pixels, slope, intercept, padding: { low: offset, high: offset } };
      expect(shown({ ...plain, stored, pixels }, intensity)).toEqual(shown(plain, intensity));
    }
  });

  test('of the file without any is that of percentiles', () => {
    expect(shown(slice(), { kind: 'file' })).toEqual(shown(slice(), { kind: 'percentiles', low: 0.5, high: 99.5 }));
  });
});
