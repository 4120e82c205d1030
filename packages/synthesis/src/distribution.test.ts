import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { goldenJson, goldenPath } from '@mediclip/testing';
import sharp from 'sharp';
import type { NormalImage } from './image.js';
import type { DistributionAnswer, DistributionRequest } from './testing/distribution-worker.js';
import { mean, standardDeviation } from './testing/statistics.js';

interface Estimate {
  readonly value: number;
  readonly se: number;
}

interface GoldenStatistic {
  readonly mean: number;
  readonly n: number;
  readonly mean_se: number;
  readonly quantiles: Readonly<Record<string, Estimate>>;
}

type GoldenStatistics = Readonly<Record<string, GoldenStatistic>>;

interface GoldenTask {
  readonly statistics: GoldenStatistics;
  readonly draws_with_one_anomaly_only: GoldenStatistics;
  readonly each_anomaly_before_placing: GoldenStatistics;
}

const golden = goldenJson<{ tasks: Readonly<Record<string, GoldenTask>> }>('synthesis/distribution/distribution.json');

/** Draws at full size by the hundred, in a thread of its own, from `dist`. */
async function measure(request: DistributionRequest): Promise<DistributionAnswer> {
  const worker = new Worker(new URL('../dist/testing/distribution-worker.js', import.meta.url), {
    workerData: request,
  });
  const [answer] = await once(worker, 'message');
  return answer as DistributionAnswer;
}

async function readSupport(name: string): Promise<NormalImage> {
  const { data, info } = await sharp(goldenPath(`synthesis/distribution/${name}.png`))
    .extractChannel(0)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: Uint8Array.from(data) };
}

describe.each<Pick<DistributionRequest, 'task' | 'draws'> & { original: string }>([
  { task: 'cutPaste', original: 'CutpasteTask', draws: 300 },
  { task: 'gaussianIntensity', original: 'GaussIntensityChangeTask', draws: 180 },
  { task: 'smoothIntensity', original: 'SmoothIntensityTask', draws: 240 },
  { task: 'sourceDeformation', original: 'SourceTask', draws: 360 },
  { task: 'sinkDeformation', original: 'SinkTask', draws: 800 },
])('$draws draws of $task are distributed as those of the original', ({ task, original, draws }) => {
  const expected = golden.tasks[original]!;
  let drawn: DistributionAnswer;

  beforeAll(async () => {
    const support = await Promise.all(['support0', 'support1', 'support2', 'support3'].map(readSupport));
    drawn = await measure({ task, support, draws });
  });

  test.each(Object.keys(expected.statistics))('%s', (name) => {
    expectLike(column(drawn.samples, name), expected.statistics[name]!);
  });

  test.each(Object.keys(expected.draws_with_one_anomaly_only))('%s of one anomaly', (name) => {
    expectLike(column(drawn.samplesOfOneAnomaly, name), expected.draws_with_one_anomaly_only[name]!);
  });

  test.each(Object.keys(expected.each_anomaly_before_placing))('%s of the mask alone', (name) => {
    expectLike(column(drawn.crops, name), expected.each_anomaly_before_placing[name]!);
  });
});

function column(rows: readonly object[], name: string): number[] {
  return rows.map((row) => (row as Readonly<Record<string, number>>)[name]!);
}

/**
 * Within four standard errors of the difference, in the mean and in every quantile. A quantile may differ by one step
 * more where values come in steps: counts by 1, boxes of hyper-shapes, which have odd sides, by 2. The standard error
 * of our own quantile is the golden one's, scaled to the number of our draws.
 */
function expectLike(values: readonly number[], expected: GoldenStatistic): void {
  const ownError = standardDeviation(values) / Math.sqrt(values.length);
  expectWithin(mean(values), expected.mean, 4 * Math.hypot(ownError, expected.mean_se));
  const step = smallestStep(values);
  for (const [percent, { value, se }] of Object.entries(expected.quantiles)) {
    const own = se * Math.sqrt(expected.n / values.length);
    expectWithin(quantile(values, Number(percent) / 100), value, 4 * Math.hypot(own, se) + step);
  }
}

function expectWithin(actual: number, expected: number, tolerance: number): void {
  expect(actual).toBeGreaterThanOrEqual(expected - tolerance);
  expect(actual).toBeLessThanOrEqual(expected + tolerance);
}

function smallestStep(values: readonly number[]): number {
  const distinct = [...new Set(values)].sort((a, b) => a - b);
  return distinct.length < 2 ? 0 : Math.min(...distinct.slice(1).map((value, i) => value - distinct[i]!));
}

/** Linear between the two nearest of the sorted values. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const before = Math.floor(place);
  const after = Math.min(before + 1, sorted.length - 1);
  return sorted[before]! + (place - before) * (sorted[after]! - sorted[before]!);
}
