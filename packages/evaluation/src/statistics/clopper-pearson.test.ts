import { expect, test } from '@jest/globals';
import { clopperPearsonInterval } from './clopper-pearson.js';

// Reference values: Newcombe, Statistics in Medicine 17, 1998, table I (method 5), four decimals.
test.each([
  [81, 263, 0.2527, 0.3676],
  [15, 148, 0.0578, 0.1617],
  [0, 20, 0, 0.1684],
  [1, 29, 0.0009, 0.1776],
])("Clopper and Pearson's interval of %d of %d is %d to %d", (successes, trials, low, high) => {
  const interval = clopperPearsonInterval(successes, trials);
  expect(interval.low).toBeCloseTo(low, 4);
  expect(interval.high).toBeCloseTo(high, 4);
  const opposite = clopperPearsonInterval(trials - successes, trials);
  expect(opposite.low).toBeCloseTo(1 - interval.high, 10);
});

test('knows nothing without trials, and all of one that is certain', () => {
  expect(clopperPearsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
  expect(clopperPearsonInterval(5, 5).high).toBe(1);
});
