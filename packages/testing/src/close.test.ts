import { describe, expect, it } from '@jest/globals';
import { expectClose, maximumDifference } from './close.js';

describe('closeness', () => {
  it('measures the largest absolute difference', () => {
    expect(maximumDifference([1, 2, 3], [1, 2.5, 2])).toBe(1);
  });
  it('never lets a NaN pass', () => {
    expect(() => expectClose([Number.NaN, 0], [0, 0], 1)).toThrow('NaN');
  });
  it('refuses different lengths', () => {
    expect(() => expectClose([1], [1, 2], 1)).toThrow('lengths differ');
  });
});
