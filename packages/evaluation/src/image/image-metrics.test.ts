import { describe, expect, test } from '@jest/globals';
import { expectClose, goldenJson } from '@mediclip/testing';
import fc from 'fast-check';
import type { Figure, ThresholdFigure } from '../outcome.js';
import { aurocCovariance, placements } from './delong.js';
import { type ImageMetrics, imageMetrics, withBothClasses } from './image-metrics.js';
import { labelScores } from './ranking.js';

interface GoldenCase {
  readonly name: string;
  readonly labels: readonly number[];
  readonly scores: readonly number[];
  readonly auroc: number | null;
  readonly average_precision: number | null;
  readonly f1_max: number | null;
  readonly f1_max_threshold: number | null;
  readonly delong_variance?: number | null;
  readonly delong_interval_95_logit?: readonly [number, number] | null;
}

const { cases } = goldenJson<{ cases: GoldenCase[] }>('metrics/auroc.json');

function expectFigure(figure: Figure | ThresholdFigure, expected: number | null): void {
  if (!figure.defined) {
    expect(expected).toBeNull();
    expect(figure.reason).toMatch(/\.$/);
  } else expectClose([figure.value], [expected ?? Number.NaN], 1e-9);
}

describe('figures of images', () => {
  test.each(cases)('$name agrees with scikit-learn', (golden) => {
    const metrics = imageMetrics(golden.scores, golden.labels, { resamples: 0 });
    expectFigure(metrics.auroc, golden.auroc);
    expectFigure(metrics.averagePrecision, golden.average_precision);
    expectFigure(metrics.f1Max, golden.f1_max);
    if (metrics.f1Max.defined) expect(metrics.f1Max.threshold).toBe(golden.f1_max_threshold);
  });

  test.each(cases.filter((golden) => typeof golden.delong_variance === 'number'))(
    "$name has DeLong's variance and its interval on the logit scale",
    (golden) => {
      const placed = placements(labelScores(golden.scores, golden.labels));
      expectClose([aurocCovariance(placed, placed)], [golden.delong_variance ?? Number.NaN], 1e-9);
      const { auroc } = imageMetrics(golden.scores, golden.labels, { resamples: 0 });
      if (!auroc.defined) throw new Error(auroc.reason);
      if (golden.delong_interval_95_logit) {
        if (!auroc.interval.defined) throw new Error(auroc.interval.reason);
        expectClose([auroc.interval.low, auroc.interval.high], golden.delong_interval_95_logit, 1e-9);
      } else expect(auroc.interval).toMatchObject({ defined: false, reason: expect.stringContaining('variance is 0') });
    },
  );

  test('a single abnormal image gives an AUROC, and the reason why it has no interval', () => {
    const { auroc, f1Max } = imageMetrics([1, 2, 3, 2.5], [0, 0, 0, 1]);
    expect(auroc).toMatchObject({ defined: true, interval: { defined: false, reason: expect.stringMatching(/two/) } });
    expect(f1Max).toMatchObject({ defined: true, interval: { defined: false, reason: expect.stringMatching(/two/) } });
  });

  test('equal scores for every image give the figures of chance, and no interval', () => {
    const metrics = imageMetrics([7, 7, 7, 7], [1, 0, 1, 0]);
    for (const figure of figuresOf(metrics)) expect(figure).toMatchObject({ interval: { defined: false } });
    expect(metrics.auroc).toMatchObject({ value: 0.5 });
    expect(metrics.sensitivityAtSpecificity[0]!.sensitivity).toMatchObject({ value: 0, threshold: null });
  });

  test('scores that have become 1 are ranked by their logits, and thresholds remain scores', () => {
    const scores = [0.5, 1, 1, 1, 1];
    const logits = [0, 20, 30, 40, 50];
    const labels = [0, 0, 0, 1, 1];
    expect(imageMetrics(scores, labels).auroc).toMatchObject({ value: 4 / 6 });
    const { auroc, f1Max, roc } = imageMetrics(scores, labels, { logits });
    expect(auroc).toMatchObject({ value: 1 });
    expect(f1Max).toMatchObject({ value: 1, threshold: 1, thresholdLogit: 40 });
    expect(roc.defined && roc.points.map(({ threshold }) => threshold)).toEqual([null, 1, 1, 1, 1, 0.5]);
    expect(() => imageMetrics(scores, labels, { logits: [1] })).toThrow('1 scores and 5 labels');
  });

  test.each([0, 1])('of images of one class only (%d) none may be used', (label) => {
    const metrics = withBothClasses(imageMetrics([1, 2, 3], [label, label, label]));
    for (const figure of [...figuresOf(metrics), metrics.roc, metrics.precisionRecall]) {
      expect(figure).toMatchObject({ defined: false, reason: expect.stringContaining('at least one') });
    }
    const both = imageMetrics([1, 2], [0, 1]);
    expect(withBothClasses(both)).toBe(both);
  });

  test('without images every figure says so', () => {
    for (const figure of figuresOf(imageMetrics([], []))) {
      expect(figure).toEqual({ defined: false, reason: 'There are no images.' });
    }
  });

  test.each([
    [[1, 2], [1], '2 scores and 1 labels'],
    [[1, Number.NaN], [0, 1], 'Score 1 is NaN'],
    [[1, 2], [0, 2], 'Label 1 is 2'],
  ])('refuses scores %j with labels %j', (scores, labels, message) => {
    expect(() => imageMetrics(scores, labels)).toThrow(message);
  });
});

const score = fc.integer({ min: -9, max: 9 });
const labelled = fc.array(fc.tuple(score, fc.boolean()), { maxLength: 40 });
const bothClasses = labelled.filter((images) => new Set(images.map(([, abnormal]) => abnormal)).size === 2);

function measure(images: readonly (readonly [number, boolean])[], resamples = 20): ImageMetrics {
  return imageMetrics(
    images.map(([value]) => value),
    images.map(([, abnormal]) => abnormal),
    { resamples },
  );
}

function figuresOf(metrics: ImageMetrics): (Figure | ThresholdFigure)[] {
  const sensitivities = metrics.sensitivityAtSpecificity.map(({ sensitivity }) => sensitivity);
  return [metrics.auroc, metrics.averagePrecision, metrics.f1Max, ...sensitivities];
}

function numberOf(figure: Figure | ThresholdFigure): number {
  if (!figure.defined) throw new Error(figure.reason);
  return figure.value;
}

describe('laws', () => {
  test('every figure lies within 0 and 1 and within its interval, or says why there is none', () => {
    fc.assert(
      fc.property(labelled, (images) => {
        for (const figure of figuresOf(measure(images))) {
          if (!figure.defined) expect(figure.reason.length).toBeGreaterThan(10);
          else {
            const { low, high } = figure.interval.defined ? figure.interval : { low: 0, high: 1 };
            expect(0 <= low && low <= figure.value && figure.value <= high && high <= 1).toBe(true);
          }
        }
      }),
    );
  });

  test('figures depend on the order of the scores alone', () => {
    fc.assert(
      fc.property(bothClasses, (images) => {
        const stretched = images.map(([value, abnormal]) => [value ** 3 + 5 * value - 40, abnormal] as const);
        const values = (list: typeof images) => figuresOf(measure(list, 0)).map(numberOf);
        expect(values(stretched as typeof images)).toEqual(values(images));
      }),
    );
  });

  test('the order of the images does not matter', () => {
    fc.assert(
      fc.property(bothClasses, (images) => {
        const { auroc, ...others } = measure(images, 0);
        const { auroc: reversedAuroc, ...reversed } = measure([...images].reverse(), 0);
        expect(reversed).toEqual(others);
        expectClose([numberOf(reversedAuroc)], [numberOf(auroc)], 1e-12);
      }),
    );
  });

  test('the AUROC is the share of pairs in the right order, and the area under the ROC curve', () => {
    fc.assert(
      fc.property(bothClasses, (images) => {
        const metrics = measure(images, 0);
        const of = (wanted: boolean) => images.filter(([, abnormal]) => abnormal === wanted).map(([value]) => value);
        const pairs = of(true).flatMap((positive) => of(false).map((n) => (Math.sign(positive - n) + 1) / 2));
        const share = pairs.reduce((sum, pair) => sum + pair, 0) / pairs.length;
        if (!metrics.roc.defined) throw new Error(metrics.roc.reason);
        const { points } = metrics.roc;
        const area = points.slice(1).reduce((sum, point, i) => {
          const width = point.falsePositiveRate - points[i]!.falsePositiveRate;
          return sum + (width * (point.truePositiveRate + points[i]!.truePositiveRate)) / 2;
        }, 0);
        expectClose([numberOf(metrics.auroc), area], [share, share], 1e-12);
        expect(points.at(-1)).toMatchObject({ falsePositiveRate: 1, truePositiveRate: 1 });
      }),
    );
  });

  test('the sensitivity at a specificity is the best over all thresholds that keep it, and is reached at its threshold', () => {
    fc.assert(
      fc.property(bothClasses, (images) => {
        for (const { specificity, sensitivity } of measure(images, 0).sensitivityAtSpecificity) {
          const share = (wanted: boolean, threshold: number) => {
            const ofClass = images.filter(([, abnormal]) => abnormal === wanted);
            return ofClass.filter(([value]) => value >= threshold).length / ofClass.length;
          };
          const thresholds = [...images.map(([value]) => value), Number.POSITIVE_INFINITY];
          const allowed = thresholds.filter((threshold) => 1 - share(false, threshold) >= specificity - 1e-12);
          const best = Math.max(...allowed.map((threshold) => share(true, threshold)));
          expect(numberOf(sensitivity)).toBeCloseTo(best, 12);
          const threshold = sensitivity.defined && sensitivity.threshold;
          if (typeof threshold === 'number') expect(share(true, threshold)).toBeCloseTo(best, 12);
          else expect(best).toBe(0);
        }
      }),
    );
  });
});

describe('bootstrap intervals', () => {
  const images = Array.from({ length: 40 }, (_, i) => [(i * 17) % 40, (i * 7) % 40 > 15] as const);
  const withSeed = (seed: number) =>
    imageMetrics(
      images.map(([value], i) => value + (images[i]![1] ? 12 : 0)),
      images.map(([, abnormal]) => abnormal),
      { resamples: 200, seed },
    );

  test('are a function of the seed', () => {
    expect(withSeed(3)).toEqual(withSeed(3));
    expect(withSeed(4).averagePrecision).not.toEqual(withSeed(3).averagePrecision);
  });

  test('narrow as images are added', () => {
    const width = (copies: number) => {
      const many = Array.from({ length: copies }, () => images).flat();
      const { averagePrecision } = imageMetrics(
        many.map(([value, abnormal]) => value + (abnormal ? 12 : 0)),
        many.map(([, abnormal]) => abnormal),
        { resamples: 200 },
      );
      if (!averagePrecision.defined || !averagePrecision.interval.defined) throw new Error('no interval');
      return averagePrecision.interval.high - averagePrecision.interval.low;
    };
    expect(width(16) / width(1)).toBeGreaterThan(0.15);
    expect(width(16) / width(1)).toBeLessThan(0.4);
  });
});
