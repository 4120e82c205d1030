import { describe, expect, test } from '@jest/globals';
import { expectClose, goldenJson } from '@mediclip/testing';
import { euclideanDistance } from '../filters/euclidean-distance.js';
import { RandomStream } from '../random/random-stream.js';
import { goldenTensors } from '../testing/golden-tensors.js';
import { expectDrawnFrom, expectShare, gamma } from '../testing/statistics.js';
import { applySmoothIntensity, drawIntensity, drawSmoothIntensity } from './smooth-intensity.js';

interface SmoothCase {
  readonly case: number;
  readonly S: number;
  readonly corner: [number, number];
  readonly ramp_gamma_draw: number;
  readonly amount: number;
}

const { cases } = goldenJson<{ cases: SmoothCase[] }>('synthesis/smooth.json');
const golden = goldenTensors('smooth');
const images = goldenTensors('images');

describe.each(cases)('golden smooth intensity $case', ({ case: i, S, corner: [row, column], ...golds }) => {
  const mask = golden.mask(`${i}.mask`);

  test('distance to the mask edge', () => {
    expectClose(euclideanDistance(mask), golden.floats(`${i}.distance`), 1e-5);
  });

  test('image', () => {
    const pixels = images.bytes(`image${S}.0`).slice();
    const rampPixels = S * (0.02 + golds.ramp_gamma_draw);
    applySmoothIntensity(pixels, S, { mask, corner: { row, column }, amount: golds.amount, rampPixels });
    expect(pixels).toEqual(golden.bytes(`${i}.image`));
  });
});

test('a mask that fills its box has no edge: the whole amount everywhere', () => {
  const pixels = Uint8Array.of(0, 10, 20, 200);
  const mask = { rows: 1, columns: 2, data: Uint8Array.of(1, 1) };
  applySmoothIntensity(pixels, 2, { mask, corner: { row: 0, column: 0 }, amount: 50, rampPixels: 3 });
  expect([...pixels]).toEqual([50, 60, 20, 200]);
});

describe('drawSmoothIntensity', () => {
  const side = 32;
  const random = new RandomStream(7, 0, 0);

  test('boxes have sides of 30 to 80 % of the image and lie inside', () => {
    const drawn = Array.from({ length: 500 }, () => drawSmoothIntensity(side, random));
    const sides = drawn.flatMap(({ mask }) => [mask.rows, mask.columns]);
    expect([Math.min(...sides), Math.max(...sides)]).toEqual([10, 25]);
    const ends = drawn.flatMap(({ mask, corner }) => [corner.row + mask.rows, corner.column + mask.columns]);
    expect(Math.max(...ends)).toBe(side);
  });

  /** So many, because the amounts are spread so wide that a few grey levels are hard to see. */
  const intensities = Array.from({ length: 10_000 }, () => drawIntensity(side, random));

  test('amounts are 15 + Gamma(3, 30), bright or dark with even odds', () => {
    expectShare(
      intensities.map(({ amount }) => amount > 0),
      0.5,
    );
    expectDrawnFrom(
      intensities.map(({ amount }) => Math.abs(amount) - 15),
      gamma(3, 30),
    );
  });

  test('ramps are 2 % and Gamma(3, 0.01) of the side', () => {
    expectDrawnFrom(
      intensities.map(({ rampPixels }) => rampPixels / side - 0.02),
      gamma(3, 0.01),
    );
  });
});
