import { describe, expect, test } from '@jest/globals';
import { expectClose, goldenJson, maximumDifference } from '@mediclip/testing';
import { RandomStream } from '../random/random-stream.js';
import { goldenTensors } from '../testing/golden-tensors.js';
import { expectDrawnFrom, uniform } from '../testing/statistics.js';
import {
  drawPerlinMask,
  drawPerlinParameters,
  type PerlinParameters,
  perlinMask,
  perlinNoise,
  rotate,
} from './perlin-mask.js';

interface PerlinCase {
  readonly case: number;
  readonly rows: number;
  readonly columns: number;
  readonly angles_radians_float64: PerlinParameters['gradientAnglesRadians'];
  readonly rotation_degrees: number;
  readonly mask_share: number;
  readonly accepted: boolean;
  readonly exact_bilinear_max_difference: number;
  readonly exact_bilinear_mask_pixels_that_differ: number;
}

const { cases } = goldenJson<{ cases: PerlinCase[] }>('synthesis/perlin.json');
const golden = goldenTensors('perlin');

describe.each(cases)('golden Perlin mask $case', (golds) => {
  const { case: i, rows, columns, angles_radians_float64, rotation_degrees } = golds;
  const parameters = {
    rows,
    columns,
    gradientAnglesRadians: angles_radians_float64,
    rotationDegrees: rotation_degrees,
  };

  test('noise', () => {
    expectClose(perlinNoise(parameters), golden.floats(`${i}.noise`), 1e-6);
  });

  test('rotation differs only by the 1/32 pixel of the original', () => {
    const rotated = rotate(perlinNoise(parameters), rows, columns, rotation_degrees);
    const difference = maximumDifference(rotated, golden.floats(`${i}.rotated`));
    expect(Math.abs(difference - golds.exact_bilinear_max_difference)).toBeLessThan(1e-6);
  });

  test('mask', () => {
    const mask = perlinMask(parameters).data;
    const expected = golden.bytes(`${i}.mask`);
    const differing = mask.filter((value, pixel) => value !== expected[pixel]).length;
    expect(differing).toBe(golds.exact_bilinear_mask_pixels_that_differ);
  });
});

test('the golden masks are accepted when a fifth of the box is set', () => {
  expect(cases.map(({ accepted }) => accepted)).toEqual(cases.map(({ mask_share }) => mask_share >= 0.2));
});

describe('drawPerlinMask', () => {
  const bounds = { lowest: 12, highest: 20 };
  const masks = Array.from({ length: 1000 }, (_, i) => drawPerlinMask(bounds, new RandomStream(1, 0, i)));

  test('draws each side from all integers of [lowest, highest)', () => {
    for (const sides of [masks.map(({ rows }) => rows), masks.map(({ columns }) => columns)]) {
      expect([...new Set(sides)].sort()).toEqual([12, 13, 14, 15, 16, 17, 18, 19]);
    }
  });

  test('sets at least a fifth of the box, in some barely more', () => {
    const shares = masks.map(({ data }) => data.reduce((sum, value) => sum + value, 0) / data.length);
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.2);
    expect(Math.min(...shares)).toBeLessThan(0.21);
  });

  test('draws gradients over the whole circle and rotations of up to 90 degrees', () => {
    const random = new RandomStream(2, 0, 0);
    const drawn = Array.from({ length: 4000 }, () => drawPerlinParameters({ rows: 12, columns: 20 }, random));
    expectDrawnFrom(
      drawn.flatMap(({ gradientAnglesRadians }) => gradientAnglesRadians.flat()),
      uniform(0, 2 * Math.PI),
    );
    expectDrawnFrom(
      drawn.map(({ rotationDegrees }) => rotationDegrees),
      uniform(-90, 90),
    );
  });
});
