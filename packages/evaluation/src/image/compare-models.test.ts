import { describe, expect, test } from '@jest/globals';
import { RandomStream } from '@mediclip/synthesis';
import { expectClose } from '@mediclip/testing';
import { twoSidedPValue } from '../statistics/normal-distribution.js';
import { compareModels } from './compare-models.js';

/** Scores of two models that see the same images; model A tells the classes apart better. */
function twoModels(images: number, seed: number, advantage: number) {
  const random = new RandomStream(seed, 0, 0);
  const abnormal = Array.from({ length: images }, (_, i) => i % 3 === 0);
  const difficulty = abnormal.map(() => random.normal());
  const scores = (shift: number) => abnormal.map((label, i) => difficulty[i]! + random.normal() + (label ? shift : 0));
  return { a: scores(1 + advantage), b: scores(1), abnormal };
}

/** The covariance of two AUROCs from its definition: all pairs of images. */
function covarianceByPairs(a: readonly number[], b: readonly number[], abnormal: readonly boolean[]): number {
  const positives = [...abnormal.keys()].filter((i) => abnormal[i]);
  const negatives = [...abnormal.keys()].filter((i) => !abnormal[i]);
  const psi = (scores: readonly number[], i: number, j: number) => (Math.sign(scores[i]! - scores[j]!) + 1) / 2;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const v10 = (s: readonly number[]) => positives.map((i) => mean(negatives.map((j) => psi(s, i, j))));
  const v01 = (s: readonly number[]) => negatives.map((j) => mean(positives.map((i) => psi(s, i, j))));
  const covariance = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + (value - mean(x)) * (y[i]! - mean(y)), 0) / (x.length - 1);
  return covariance(v10(a), v10(b)) / positives.length + covariance(v01(a), v01(b)) / negatives.length;
}

describe('paired DeLong test', () => {
  test('agrees with the definition over all pairs of images', () => {
    const { a, b, abnormal } = twoModels(60, 1, 1);
    const { aurocA, aurocB, difference, test: tested } = compareModels(a, b, abnormal);
    if (!(aurocA.defined && aurocB.defined && difference.defined && tested.defined)) throw new Error('undefined');
    const cov = (x: typeof a, y: typeof a) => covarianceByPairs(x, y, abnormal);
    const standardError = Math.sqrt(cov(a, a) + cov(b, b) - 2 * cov(a, b));
    expectClose(
      [tested.standardError, difference.value, tested.z],
      [standardError, aurocA.value - aurocB.value, (aurocA.value - aurocB.value) / standardError],
      1e-9,
    );
    if (!difference.interval.defined) throw new Error(difference.interval.reason);
    const { low, high } = difference.interval;
    expect(tested.pValue < 0.05).toBe(low > 0 || high < 0);
  });

  test('exchanging the models turns the difference round and nothing else', () => {
    const { a, b, abnormal } = twoModels(60, 2, 0.5);
    const there = compareModels(a, b, abnormal);
    const back = compareModels(b, a, abnormal);
    if (!(there.test.defined && back.test.defined)) throw new Error('undefined');
    expect(back.aurocA).toEqual(there.aurocB);
    expectClose([back.test.z, back.test.pValue], [-there.test.z, there.test.pValue], 1e-12);
  });

  test('rejects equal models in about 5 % of the cases', () => {
    const trials = 400;
    let rejected = 0;
    for (let seed = 0; seed < trials; seed++) {
      const { a, b, abnormal } = twoModels(90, seed, 0);
      const { test: tested } = compareModels(a, b, abnormal);
      if (tested.defined && tested.pValue < 0.05) rejected++;
    }
    // Four standard errors of a share of 0.05 in 400 trials are 0.044.
    expect(rejected / trials).toBeGreaterThan(0.006);
    expect(rejected / trials).toBeLessThan(0.094);
  });

  test('a model compared with itself differs by 0 and cannot be tested', () => {
    const { a, abnormal } = twoModels(30, 3, 1);
    const compared = compareModels(a, a, abnormal);
    expect(compared.difference).toMatchObject({ defined: true, value: 0, interval: { defined: false } });
    expect(compared.test).toMatchObject({ defined: false, reason: expect.stringContaining('variance') });
  });

  test('images of one class compare nothing', () => {
    expect(compareModels([1, 2], [2, 1], [false, false]).difference).toMatchObject({
      defined: false,
      reason: 'There is no abnormal image; the figure needs at least one.',
    });
  });

  test('refuses models that scored different images', () => {
    expect(() => compareModels([1, 2], [1], [true, false])).toThrow('1 scores and 2 labels');
  });
});

// Reference values: Abramowitz and Stegun, table 26.1 and 26.2 (upper tail times two).
test.each([
  [0, 1],
  [1, 0.317310507862914],
  [-1.959963984540054, 0.05],
  [3, 0.002699796063260186],
  [5, 5.733031437583866e-7],
])('the two-sided p-value of z = %d is %d', (z, pValue) => {
  expect(Math.abs(twoSidedPValue(z) / pValue - 1)).toBeLessThan(1e-11);
});
