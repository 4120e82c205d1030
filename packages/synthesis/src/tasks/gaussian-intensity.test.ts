import { describe, expect, test } from '@jest/globals';
import { expectClose, goldenJson } from '@mediclip/testing';
import type { Corner } from '../box.js';
import { gaussianFilter } from '../filters/gaussian.js';
import type { Mask } from '../masks/mask.js';
import { RandomStream } from '../random/random-stream.js';
import { goldenTensors } from '../testing/golden-tensors.js';
import { expectDrawnFrom, expectShare, uniform } from '../testing/statistics.js';
import { applyGaussianIntensity, drawGaussianIntensity, gaussianTexture } from './gaussian-intensity.js';

interface GaussianCase {
  readonly case: number;
  readonly S: number;
  readonly corner: [number, number];
  readonly texture_sigma: number;
  readonly u: number;
  readonly blur_sigma: number;
}

const { cases } = goldenJson<{ cases: GaussianCase[] }>('synthesis/gauss.json');
const golden = goldenTensors('gauss');
const images = goldenTensors('images');

describe.each(cases)('golden Gaussian intensity $case', ({ case: i, S, corner: [row, column], ...golds }) => {
  const mask = golden.mask(`${i}.mask`);
  const corner = { row, column };
  const noise = golden.bytes(`${i}.field_sign`);
  const levels = new Float64Array(images.bytes(`image${S}.0`));
  applyGaussianIntensity([levels], S, {
    mask,
    corner,
    noise,
    textureSigma: golds.texture_sigma,
    strength: golds.u,
    blurSigma: golds.blur_sigma,
  });

  test('texture', () => {
    const texture = gaussianTexture(noise, S, golds.texture_sigma).map((value) => golds.u * value);
    expectClose(box(texture, S, corner, mask), golden.floats(`${i}.texture`), 1e-6);
  });

  test('blurred mask', () => {
    const blur = gaussianFilter(new Float64Array(mask.data), mask.rows, mask.columns, golds.blur_sigma);
    expectClose(blur, golden.floats(`${i}.blur`), 1e-6);
  });

  test('levels before the truncation', () => {
    expectClose(box(levels, S, corner, mask), golden.floats(`${i}.image_float`), 1e-4);
  });

  test('image', () => {
    expect(new Uint8Array(levels)).toEqual(golden.bytes(`${i}.image`));
  });
});

test('levels stay between black and white', () => {
  const side = 32;
  const parameters = drawGaussianIntensity(side, new RandomStream(1, 0, 0));
  for (const [level, strength] of [
    [250, 0.6],
    [5, -0.6],
  ] as const) {
    const levels = new Float64Array(side * side).fill(level);
    applyGaussianIntensity([levels], side, { ...parameters, strength });
    const extreme = strength > 0 ? 255 : 0;
    expect(levels.every((value) => Math.abs(value - level) <= Math.abs(extreme - level))).toBe(true);
    expect(levels).toContain(extreme);
  }
});

describe('drawGaussianIntensity', () => {
  const imageSide = 32;
  const random = new RandomStream(6, 0, 0);
  const drawn = Array.from({ length: 1500 }, () => drawGaussianIntensity(imageSide, random));

  test('boxes have sides of 30 to 80 % of the image', () => {
    const sides = drawn.flatMap(({ mask }) => [mask.rows, mask.columns]);
    expect([Math.min(...sides), Math.max(...sides)]).toEqual([10, 25]);
  });

  test('strengths are uniform in 0.4 to 0.6, bright or dark with even odds', () => {
    expectShare(
      drawn.map(({ strength }) => strength > 0),
      0.5,
    );
    expectDrawnFrom(
      drawn.map(({ strength }) => Math.abs(strength)),
      uniform(0.4, 0.6),
    );
  });

  test('texture sigma is 4 or 7 with even odds, blur sigma uniform in 1 to 4', () => {
    expect(new Set(drawn.map(({ textureSigma }) => textureSigma))).toEqual(new Set([4, 7]));
    expectShare(
      drawn.map(({ textureSigma }) => textureSigma === 4),
      0.5,
    );
    expectDrawnFrom(
      drawn.map(({ blurSigma }) => blurSigma),
      uniform(1, 4),
    );
  });

  test('the noise is a fair toss for every pixel of the image', () => {
    expect(drawn[0]!.noise).toHaveLength(imageSide * imageSide);
    expectShare(
      drawn.slice(0, 10).flatMap(({ noise }) => Array.from(noise, (value) => value === 1)),
      0.5,
    );
  });
});

function box(values: Float64Array, side: number, { row, column }: Corner, { rows, columns }: Mask): number[] {
  return Array.from(
    { length: rows * columns },
    (_, i) => values[(row + Math.floor(i / columns)) * side + column + (i % columns)]!,
  );
}
