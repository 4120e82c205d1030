import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { expectClose, goldenJson, goldenPath, goldenTensors, maximumDifference } from '@mediclip/testing';
import { decodeImage } from '../decode/decode-image.js';
import type { DecodedImage } from '../image/decoded-image.js';
import { maskImage, testImage, trainingImage } from './prepare-image.js';

interface GoldenCase {
  readonly file: string;
  readonly mode: string;
  readonly outputs: Readonly<Record<string, { readonly file?: string }>>;
}

const { cases, masks } = goldenJson<{ cases: GoldenCase[]; masks: { cases: GoldenCase[] } }>(
  'preprocess/preprocess.json',
);
const smallestSide = { minimumSide: 1 };

function decodeGolden(name: string): Promise<DecodedImage> {
  return decodeImage(readFileSync(goldenPath(`preprocess/${name}`)), smallestSide);
}

function meanDifference(actual: Uint8Array, expected: Uint8Array): number {
  return actual.reduce((sum, value, i) => sum + Math.abs(value - expected[i]!), 0) / actual.length;
}

/** The pixels of a square image after a quarter turn clockwise. */
function turnedClockwise(data: Uint8Array, side: number, channels: number): Uint8Array {
  return data.map((_, i) => {
    const channel = i % channels;
    const column = Math.floor(i / channels) % side;
    const row = Math.floor(i / channels / side);
    return data[((side - 1 - column) * side + row) * channels + channel]!;
  });
}

describe('images are loaded as the reference pipeline loads them', () => {
  // The reference clips 16-bit values to white; the golden file names those cases as no target.
  for (const { file, outputs } of cases.filter(({ mode }) => mode !== 'I;16')) {
    test.each(Object.keys(outputs))(`${file} %s`, async (output) => {
      const [path, size] = output.split('.') as ['train' | 'test', string];
      const side = Number(size);
      const decoded = await decodeGolden(`input/${file}`);
      const { width, height, data } = path === 'train' ? trainingImage(decoded, side) : testImage(decoded, side);
      expect([width, height]).toEqual([side, side]);

      const golden = await decodeGolden(outputs[output]!.file!);
      const channels = path === 'train' ? 1 : 3;
      const expected = (path === 'train' ? trainingImage : testImage)(golden, side).data;
      if (file === 'exif_rotated.jpg') {
        // We turn it upright and they do not, so the two passes run in the other order.
        const turned = turnedClockwise(expected, side, channels);
        expect(meanDifference(data, turned)).toBeLessThan(1);
        expectClose(data, turned, 4);
      } else if (file.endsWith('.jpg')) {
        expect(meanDifference(data, expected)).toBeLessThan(1);
        expectClose(data, expected, 4);
      } else {
        expect(maximumDifference(data, expected)).toBe(0);
      }
    });
  }
});

test('a grey picture that is stored in colours is resized as each of them would be', () => {
  const [width, height] = [37, 53];
  const greys = Uint8Array.from({ length: width * height }, (_, i) => (i * i) >> 3);
  const picture = { width, height, format: 'png', frameCount: 1, notes: [] } as const;
  const inColours = (blueOfLast: number) => {
    const data = Uint8Array.from({ length: 3 * greys.length }, (_, i) => greys[Math.floor(i / 3)]!);
    data[data.length - 1] = blueOfLast;
    return { ...picture, mode: 'rgb' as const, data };
  };
  const last = greys.at(-1)!;
  // One pixel of another colour, in which the two are not alike, takes the way of colours.
  const [grey, coloured] = [last, last ^ 128].map((blue) => testImage(inColours(blue), 16).data);
  const differing = [...grey!.keys()].filter((i) => grey![i] !== coloured![i]);
  expect(differing).toEqual([grey!.length - 1]);
  expect(trainingImage(inColours(last), 16)).toEqual(trainingImage({ ...picture, mode: 'grey', data: greys }, 16));
});

describe('masks are exact', () => {
  for (const { file, outputs } of masks.cases) {
    test.each(Object.keys(outputs))(`${file} %s`, async (size) => {
      const mask = maskImage(await decodeGolden(`input/${file}`), Number(size));
      const expected = (await decodeGolden(outputs[size]!.file!)).data;
      expect(
        maximumDifference(
          mask.data,
          expected.map((value) => value / 255),
        ),
      ).toBe(0);
    });
  }
});

describe('16-bit greys keep their range', () => {
  test.each(['gray16_12bit.png', 'gray16_12bit.tiff', 'gray16_full.png', 'gray16_low.png'])('%s', async (file) => {
    const decoded = await decodeGolden(`input/${file}`);
    const levels = new Set(decoded.data);
    expect(decoded.mode).toBe('grey');
    expect(levels.has(0) && levels.has(255)).toBe(true);
    expect(levels.size).toBeGreaterThan(50);
    expect(decoded.notes.join()).toMatch(/^greys \d+\.\.\d+ were stretched to 0\.\.255$/);
  });
});

describe('normalised tensors', () => {
  const mean = [0.48145466, 0.4578275, 0.40821073] as const;
  const deviation = [0.26862954, 0.26130258, 0.27577711] as const;
  const golden = goldenTensors('preprocess/normalised.safetensors');

  test('of a test image', async () => {
    const { data } = testImage(await decodeGolden('input/rgb.png'), 64);
    expectClose(normalisedTensor(data, mean, deviation), golden.get('rgb.png.test.64')!, 1e-6);
  });

  test('of a training image as three equal channels', async () => {
    const { data } = trainingImage(await decodeGolden('input/gray8.png'), 64);
    const rgb = Uint8Array.from({ length: data.length * 3 }, (_, i) => data[Math.floor(i / 3)]!);
    expectClose(normalisedTensor(rgb, mean, deviation), golden.get('gray8.png.train.64')!, 1e-6);
  });
});

/**
 * The float32 tensor `[3, height, width]` of interleaved RGB pixels: `(value / 255 - mean) / deviation` per channel.
 */
function normalisedTensor(rgb: Uint8Array, mean: readonly number[], deviation: readonly number[]): Float32Array {
  const pixels = rgb.length / 3;
  return Float32Array.from(rgb, (_, i) => {
    const [channel, pixel] = [Math.floor(i / pixels), i % pixels];
    return (rgb[3 * pixel + channel]! / 255 - mean[channel]!) / deviation[channel]!;
  });
}
