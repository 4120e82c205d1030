import { expect, test } from '@jest/globals';
import { differing } from './provider-probe.js';

const right = { half: Float32Array.of(10, -100), single: Float32Array.of(10, -100) };

test('numbers of a device may differ by rounding and no more', () => {
  expect(differing(right, right)).toBeUndefined();
  expect(
    differing({ half: Float32Array.of(10.9, -99.1), single: Float32Array.of(10.4, -100.4) }, right),
  ).toBeUndefined();
  expect(differing({ ...right, half: Float32Array.of(12, -100) }, right)).toContain('in half precision');
  expect(differing({ ...right, single: Float32Array.of(10.9, -100) }, right)).toContain('in float32');
  expect(differing({ ...right, single: Float32Array.of(Number.NaN, -100) }, right)).toContain('other numbers');
});
