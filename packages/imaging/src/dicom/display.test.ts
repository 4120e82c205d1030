import { describe, expect, test } from '@jest/globals';
import type { DicomElement } from '../testing/dicom-file.js';
import { bytesOf, decode, grey8, ramp, storedPixels, stretched, window } from '../testing/small-dicom.js';

const refused = (code: string) => expect.objectContaining({ name: 'ImageError', code });
const sequence = (...items: Readonly<Record<string, DicomElement>>[]): DicomElement => ({ vr: 'SQ', items });
const table = (first: number, bits: number, entries: ArrayLike<number>): Readonly<Record<string, DicomElement>> => ({
  '00283002': { vr: 'US', values: [entries.length, first & 0xffff, bits] },
  '00283006': { vr: 'OW', bytes: bytesOf(Uint16Array.from(entries)) },
});
const rescale = (slope: string, intercept: string): Record<string, DicomElement> => ({
  '00281052': { vr: 'DS', text: intercept },
  '00281053': { vr: 'DS', text: slope },
});

describe('a window', () => {
  const values = ramp(12);
  const pixels = { bitsAllocated: 16, bitsStored: 12, pixelData: bytesOf(values) };

  test.each(['0', '-5', '', 'NaN', 'wide'])('of width "%s" is none', async (width) => {
    const elements = { ...window(1000, 1), '00281051': { vr: 'DS', text: width } as const };
    expect((await decode({ ...pixels, elements })).data).toEqual(stretched(values, 0, 4095));
  });

  test('of a width below 1 is exact', async () => {
    const elements = { ...window(0.1, 0.2), ...rescale('0.0001', '0') };
    expect((await decode({ ...pixels, elements })).data).toEqual(stretched(values, 0, 2000));
  });

  test('with a function of no known name is linear', async () => {
    const elements = (name?: string) => window(1000, 1500, name);
    const { data } = await decode({ ...pixels, elements: elements('CUBIC') });
    expect(data).toEqual((await decode({ ...pixels, elements: elements() })).data);
  });

  test('is the first of several', async () => {
    const elements: Record<string, DicomElement> = {
      '00281050': { vr: 'DS', text: '0050\\800' },
      '00281051': { vr: 'DS', text: '100\\1600' },
    };
    expect((await decode({ ...pixels, elements })).notes).toEqual(['window of centre 50 and width 100']);
  });
});

describe('a table of values of interest', () => {
  const falling = Array.from({ length: 256 }, (_, i) => 255 - i);

  test('is entered with values, which may be negative where stored ones are not', async () => {
    const elements = { ...rescale('1', '-100'), '00283010': sequence(table(-100, 8, falling)) };
    const { data } = await decode({
      bitsAllocated: 16,
      bitsStored: 12,
      pixelData: bytesOf(Uint16Array.from(grey8())),
      elements,
    });
    expect(data).toEqual(grey8().map((value) => 255 - value));
  });

  test('begins above 32,767 where no value is negative', async () => {
    const values = Uint16Array.from(grey8(), (value) => value + 40_000);
    const elements = { '00283010': sequence(table(40_000, 8, falling)) };
    const { data } = await decode({ bitsAllocated: 16, pixelData: bytesOf(values), elements });
    expect(data).toEqual(grey8().map((value) => 255 - value));
  });

  test('stands in the functional groups, of the frame or of all', async () => {
    const rising = Array.from({ length: 256 }, (_, i) => i);
    const macro = (entries: number[]) => ({ '00289132': sequence({ '00283010': sequence(table(0, 8, entries)) }) });
    const options = { frames: 2, pixelData: Buffer.concat([grey8(), grey8()]) };
    const elements = { '52009229': sequence(macro(rising)), '52009230': sequence({}, macro(falling)) };
    expect((await decode({ ...options, elements }, 0)).data).toEqual(grey8());
    expect((await decode({ ...options, elements }, 1)).data).toEqual(grey8().map((value) => 255 - value));
  });

  test('without content is none, and one that is cut short is damage', async () => {
    for (const item of [{}, { '00283002': table(0, 8, falling)['00283002']! }]) {
      const { data, notes } = await decode({ pixelData: grey8(), elements: { '00283010': sequence(item) } });
      expect(data).toEqual(grey8());
      expect(notes).toEqual(['greys 0..255 were stretched to 0..255']);
    }
    const short = { ...table(0, 8, falling), '00283002': { vr: 'US', values: [9999, 0, 8] } as const };
    const elements = { '00283010': sequence(short) };
    await expect(decode({ pixelData: grey8(), elements })).rejects.toEqual(refused('corrupt-image'));
  });
});

describe('values of the modality', () => {
  test('by a slope of 0 are the stored ones', async () => {
    expect((await decode({ pixelData: grey8(), elements: rescale('0', '0') })).data).toEqual(grey8());
  });

  test('by a falling slope are inverted', async () => {
    const { data, notes } = await decode({ pixelData: grey8(), elements: rescale('-2', '100') });
    expect(data).toEqual(grey8().map((value) => 255 - value));
    expect(notes).toEqual(['greys -410..100 were stretched to 0..255']);
  });

  test('by a table', async () => {
    const squares = Array.from({ length: 256 }, (_, i) => i * i);
    const { data } = await decode({ pixelData: grey8(), elements: { '00283000': sequence(table(0, 16, squares)) } });
    expect(data).toEqual(
      stretched(
        Array.from(grey8(), (value) => value * value),
        0,
        65_025,
      ),
    );
  });

  test('one hot pixel does not make the others black', async () => {
    const values = ramp(12);
    const hot = values.with(7, 65_535);
    const cool = await decode({ bitsAllocated: 16, pixelData: bytesOf(values.with(7, 4095)) });
    const { data, notes } = await decode({ bitsAllocated: 16, pixelData: bytesOf(hot) });
    expect(data).toEqual(cool.data);
    expect(notes).toEqual(['greys 0..4095 were stretched to 0..255']);
    const wide = await decode({ bitsAllocated: 32, pixelData: bytesOf(Uint32Array.from(hot)) });
    expect(wide.data).toEqual(cool.data);
  });

  test('of 32 bits leave out padding', async () => {
    const values = Int32Array.from(grey8(), (value) => value - 500);
    values[0] = -2000;
    const { notes } = await decode({
      ...{ bitsAllocated: 32, signed: true, pixelData: new Uint8Array(values.buffer) },
      elements: { '00280120': { vr: 'SS', values: [-2000] } },
    });
    expect(notes).toEqual(['greys -499..-245 were stretched to 0..255']);
  });
});

describe('palettes', () => {
  const tags = ['1', '2', '3'];
  const channels = (name: (channel: string) => string, element: (factor: number) => DicomElement) =>
    Object.fromEntries(tags.map((channel, i) => [name(channel), element([1, 3, 7][i]!)]));
  const colourOf = (indices: ArrayLike<number>) =>
    Uint8Array.from(Array.from(indices).flatMap((i) => [i & 255, (i * 3) & 255, (i * 7) & 255]));

  test('are entered with signed indices', async () => {
    const indices = Int8Array.from(grey8(), (value) => value - 128);
    const { data } = await decode({
      ...{ photometric: 'PALETTE COLOR', signed: true, pixelData: new Uint8Array(indices.buffer) },
      elements: {
        ...channels(
          (c) => `0028110${c}`,
          () => ({ vr: 'SS', values: [256, -128, 16] }),
        ),
        ...channels(
          (c) => `0028120${c}`,
          (factor) => ({
            vr: 'OW',
            bytes: bytesOf(Uint16Array.from({ length: 256 }, (_, i) => ((i * factor) & 255) << 8)),
          }),
        ),
      },
    });
    expect(data).toEqual(colourOf(Array.from(indices, (value) => value + 128)));
  });

  test('may hold bytes', async () => {
    const { data } = await decode({
      ...{ photometric: 'PALETTE COLOR', pixelData: grey8() },
      elements: {
        ...channels(
          (c) => `0028110${c}`,
          () => ({ vr: 'US', values: [256, 0, 8] }),
        ),
        ...channels(
          (c) => `0028120${c}`,
          (factor) => ({ vr: 'OW', bytes: Uint8Array.from({ length: 256 }, (_, i) => i * factor) }),
        ),
      },
    });
    expect(data).toEqual(colourOf(grey8()));
  });

  test('may be segmented: discrete, linear and indirect', async () => {
    // 0, 10, then a ramp from 10 to 110 in 10 steps, the same two segments again, and 240 entries of 7.
    const segments = [...[0, 2, 0, 10], ...[1, 10, 110], ...[2, 2, 0, 0], ...[0, 1, 7], ...[1, 255, 7]];
    const entries = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110];
    const expanded = [...entries, ...entries, ...Array.from({ length: 232 }, () => 7)];
    const options = { photometric: 'PALETTE COLOR', pixelData: grey8() };
    const descriptor: DicomElement = { vr: 'US', values: [256, 0, 16] };
    const withSegments = (values: number[]) => ({
      ...channels(
        (c) => `0028110${c}`,
        () => descriptor,
      ),
      ...channels(
        (c) => `0028122${c}`,
        () => ({ vr: 'OW', bytes: bytesOf(Uint16Array.from(values)) }),
      ),
    });
    const wide = segments.map((value, i) => ([2, 3, 6, 13].includes(i) || i === 16 ? value * 256 : value));
    const { data } = await decode({ ...options, elements: withSegments(wide) });
    expect(data.filter((_, i) => i % 3 === 0)).toEqual(grey8().map((value) => expanded[value]!));
    for (const damaged of [
      [0, 9, 1],
      [1, 5, 3],
      [9, 9, 9],
      [0, 1, 3, 2, 1, 7, 0],
    ]) {
      await expect(decode({ ...options, elements: withSegments(damaged) })).rejects.toEqual(refused('corrupt-image'));
    }
  });

  test('are refused where they are missing or too wide', async () => {
    await expect(decode({ photometric: 'PALETTE COLOR', pixelData: grey8() })).rejects.toEqual(
      refused('corrupt-image'),
    );
    const pixelData = new Uint8Array(storedPixels * 4);
    const options = { photometric: 'PALETTE COLOR', bitsAllocated: 32, pixelData };
    await expect(decode(options)).rejects.toEqual(refused('unsupported-encoding'));
  });
});

test('text that is burned in, overlays and pixels that are not square are said', async () => {
  const elements = {
    '00280301': { vr: 'CS', text: 'YES' },
    '00280034': { vr: 'IS', text: '2\\1' },
    '60000010': { vr: 'US', values: [16] },
    '60020010': { vr: 'US', values: [16] },
  } as const;
  expect((await decode({ pixelData: grey8(), elements })).notes.slice(1)).toEqual([
    'text is burned into the picture, which may name the patient',
    'overlays of the file were left out: 2',
    'pixels are not square (height to width 2:1), and are taken as if they were',
  ]);
  const none = { '00280301': { vr: 'CS', text: 'NO' }, '00280034': { vr: 'IS', text: '1\\1' } } as const;
  expect((await decode({ pixelData: grey8(), elements: none })).notes).toHaveLength(1);
});
