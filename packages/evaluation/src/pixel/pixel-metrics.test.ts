import { describe, expect, test } from '@jest/globals';
import { readSafetensorsFile, toFloat32 } from '@mediclip/backbones';
import { expectClose, goldenJson, goldenPath } from '@mediclip/testing';
import fc from 'fast-check';
import type { Figure, ThresholdFigure } from '../outcome.js';
import { type PixelMetrics, PixelMetricsAccumulator, type PixelMetricsOptions } from './pixel-metrics.js';

interface Curves {
  readonly regions: number;
  readonly 'aupro_0.3': number;
  readonly 'aupro_0.05': number;
  readonly 'aupro_1.0': number;
  readonly curve_at_fpr: Readonly<Record<string, number>>;
}

const golden = goldenJson<{
  pixel_auroc: number;
  pixel_average_precision: number;
  connectivity4: Curves;
  connectivity8: Curves;
}>('metrics/pixel.json');

interface PixelImage {
  readonly map: Float32Array;
  readonly mask: Uint8Array;
  readonly width: number;
  readonly height: number;
}

function goldenImages(): PixelImage[] {
  const tensors = readSafetensorsFile(goldenPath('metrics/pixel.safetensors'));
  const [maps, masks] = [tensors.get('maps')!, tensors.get('masks')!];
  const [count, height, width] = maps.shape as [number, number, number];
  const area = height * width;
  const values = toFloat32(maps);
  const labels = Uint8Array.from(toFloat32(masks));
  return Array.from({ length: count }, (_, i) => ({
    map: values.slice(i * area, (i + 1) * area),
    mask: labels.slice(i * area, (i + 1) * area),
    width,
    height,
  }));
}

function measure(images: readonly PixelImage[], options: PixelMetricsOptions = {}): PixelMetrics {
  const accumulator = new PixelMetricsAccumulator({ resamples: 0, ...options });
  for (const { map, mask, width, height } of images) accumulator.add(map, mask, width, height);
  return accumulator.result();
}

function numberOf(figure: Figure | ThresholdFigure): number {
  if (!figure.defined) throw new Error(figure.reason);
  return figure.value;
}

function figuresOf({ auroc, averagePrecision, bestDice, aupro }: PixelMetrics): (Figure | ThresholdFigure)[] {
  return [auroc, averagePrecision, bestDice, ...aupro.map(({ area }) => area)];
}

describe('figures of pixels', () => {
  test.each([4, 8] as const)('agree with two reference implementations, connectivity %d', (connectivity) => {
    const expected = golden[`connectivity${connectivity}`];
    const metrics = measure(goldenImages(), { connectivity });
    expect(metrics).toMatchObject({
      images: 6,
      abnormalImages: 4,
      regions: expected.regions,
      resolution: { exact: true },
    });
    const aupro = metrics.aupro.map(({ area }) => numberOf(area));
    expectClose(aupro, [expected['aupro_0.3'], expected['aupro_0.05'], expected['aupro_1.0']], 1e-6);
    expectClose(
      [numberOf(metrics.auroc), numberOf(metrics.averagePrecision)],
      [golden.pixel_auroc, golden.pixel_average_precision],
      1e-6,
    );
    if (!metrics.curves.defined) throw new Error(metrics.curves.reason);
    const { perRegionOverlap } = metrics.curves;
    for (const [rate, overlap] of Object.entries(expected.curve_at_fpr)) {
      const point = perRegionOverlap.find(({ falsePositiveRate }) => falsePositiveRate === Number(rate));
      expectClose([point!.overlap], [overlap], 1e-6);
    }
  });

  test('have intervals from resampling images, the same ones for the same seed', () => {
    const withIntervals = () => measure(goldenImages(), { resamples: 100, seed: 2 });
    const metrics = withIntervals();
    for (const figure of figuresOf(metrics)) {
      if (!(figure.defined && figure.interval.defined)) throw new Error('A figure has no interval.');
      const { low, high } = figure.interval;
      expect(0 <= low && low <= figure.value && figure.value <= high && high <= 1).toBe(true);
    }
    expect(withIntervals()).toEqual(metrics);
  });

  test.each([
    [0, 'No image has abnormal pixels; the figure needs at least one.'],
    [1, 'No image has normal pixels; the figure needs at least one.'],
  ])('masks of %d only give a reason', (label, reason) => {
    const image = { map: Float32Array.of(1, 2, 3, 4), mask: new Uint8Array(4).fill(label), width: 2, height: 2 };
    expect(measure([image]).auroc).toEqual({ defined: false, reason });
    expect(measure([image]).curves).toEqual({ defined: false, reason });
  });

  test('no images give a reason', () => {
    for (const figure of figuresOf(measure([])))
      expect(figure).toEqual({ defined: false, reason: 'There are no images.' });
  });

  test('a faulty map is refused and changes nothing', () => {
    const accumulator = new PixelMetricsAccumulator({ resamples: 0 });
    accumulator.add(Float32Array.of(1, 2), Uint8Array.of(0, 1), 2, 1);
    const before = accumulator.result();
    expect(() => accumulator.add(Float32Array.of(1, Number.NaN), Uint8Array.of(0, 1), 2, 1)).toThrow(
      'Pixel 1 scores NaN',
    );
    expect(() => accumulator.add(Float32Array.of(1, 2), Uint8Array.of(0, 1), 3, 1)).toThrow('sizes must agree');
    expect(accumulator.result()).toEqual(before);
    expect(() => new PixelMetricsAccumulator({ mostScores: 0 })).toThrow('mostScores is 0');
  });
});

const pixel = fc.tuple(fc.integer({ min: -6, max: 6 }), fc.boolean());
const image = fc
  .record({ width: fc.integer({ min: 1, max: 6 }), height: fc.integer({ min: 1, max: 6 }) })
  .chain(({ width, height }) =>
    fc.array(pixel, { minLength: width * height, maxLength: width * height }).map((pixels) => ({
      width,
      height,
      map: Float32Array.from(pixels, ([score]) => score),
      mask: Uint8Array.from(pixels, ([, abnormal]) => Number(abnormal)),
    })),
  );
const images = fc
  .array(image, { minLength: 1, maxLength: 6 })
  .filter((list) => list.some(({ mask }) => mask.includes(0)) && list.some(({ mask }) => mask.includes(1)));

describe('laws', () => {
  test('every figure lies within 0 and 1, as do the curves', () => {
    fc.assert(
      fc.property(images, (list) => {
        const metrics = measure(list);
        if (!metrics.curves.defined) throw new Error(metrics.curves.reason);
        const { roc, perRegionOverlap, precisionRecall } = metrics.curves;
        const values = [
          ...figuresOf(metrics).map(numberOf),
          ...roc.map(({ truePositiveRate }) => truePositiveRate),
          ...perRegionOverlap.map(({ overlap }) => overlap),
          ...precisionRecall.map(({ precision }) => precision),
        ];
        expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
      }),
    );
  });

  test('figures depend on the order of the scores alone', () => {
    fc.assert(
      fc.property(images, (list) => {
        const stretched = list.map((one) => ({ ...one, map: one.map.map((score) => score ** 3 + score - 9) }));
        const { bestDice, ...others } = measure(list);
        const { bestDice: stretchedDice, ...stretchedOthers } = measure(stretched);
        expect(stretchedOthers).toEqual(others);
        expect(numberOf(stretchedDice)).toBe(numberOf(bestDice));
      }),
    );
  });

  test('the best Dice is the best over all thresholds, and its threshold reaches it', () => {
    fc.assert(
      fc.property(images, (list) => {
        const scores = list.flatMap(({ map }) => [...map]);
        const labels = list.flatMap(({ mask }) => [...mask]);
        const dice = (threshold: number) => {
          const both = scores.filter((score, i) => score >= threshold && labels[i] === 1).length;
          const predicted = scores.filter((score) => score >= threshold).length;
          return (2 * both) / (predicted + labels.filter(Boolean).length);
        };
        const { bestDice } = measure(list);
        expectClose([numberOf(bestDice)], [Math.max(...scores.map(dice))], 1e-12);
        expectClose([dice((bestDice.defined && bestDice.threshold) || 0)], [numberOf(bestDice)], 1e-12);
      }),
    );
  });

  test('with too many scores to count, figures stay within the bounds that are given', () => {
    const fine = fc.double({ min: -1, max: 1, noNaN: true });
    const fineImage = fc.array(fc.tuple(fine, fc.boolean()), { minLength: 16, maxLength: 16 }).map((pixels) => ({
      width: 4,
      height: 4,
      map: Float32Array.from(pixels, ([score]) => score),
      mask: Uint8Array.from(pixels, ([, abnormal]) => Number(abnormal)),
    }));
    fc.assert(
      fc.property(fc.array(fineImage, { minLength: 1, maxLength: 6 }), (list) => {
        fc.pre(list.some(({ mask }) => mask.includes(0)) && list.some(({ mask }) => mask.includes(1)));
        const exact = measure(list);
        const rounded = measure(list, { mostScores: 12 });
        const { resolution } = rounded;
        fc.pre(!resolution.exact);
        if (resolution.exact) return;
        const { auroc, averagePrecision, bestDice, aupro } = resolution.errorBounds;
        const bounds = [auroc, averagePrecision, bestDice, ...aupro];
        const roundedValues = figuresOf(rounded).map(numberOf);
        figuresOf(exact)
          .map(numberOf)
          .forEach((value, i) => {
            expect(Math.abs(value - roundedValues[i]!)).toBeLessThanOrEqual(bounds[i]! + 1e-12);
          });
      }),
    );
  });

  test('the order in which images come does not matter', () => {
    fc.assert(
      fc.property(images, (list) => {
        const there = measure(list, { mostScores: 6 });
        const back = measure([...list].reverse(), { mostScores: 6 });
        expect(back.resolution.exact).toBe(there.resolution.exact);
        expectClose(figuresOf(back).map(numberOf), figuresOf(there).map(numberOf), 1e-12);
      }),
    );
  });
});
