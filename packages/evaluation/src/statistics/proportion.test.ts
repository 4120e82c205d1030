import { test } from '@jest/globals';
import { expectClose } from '@mediclip/testing';
import { wilsonInterval } from './proportion.js';

// Reference values: Newcombe, Statistics in Medicine 17, 1998, table I (method 3), four decimals.
test.each([
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
])("Wilson's interval of %d of %d is %d to %d", (successes, trials, low, high) => {
  const interval = wilsonInterval(successes, trials);
  expectClose([interval.low, interval.high], [low, high], 5e-5);
  const opposite = wilsonInterval(trials - successes, trials);
  expectClose([opposite.low, opposite.high], [1 - interval.high, 1 - interval.low], 1e-12);
});
