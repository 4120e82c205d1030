import { describe, expect, test } from '@jest/globals';
import { expectClose, goldenJson } from '@mediclip/testing';
import { RandomStream } from '../random/random-stream.js';
import { goldenTensors } from '../testing/golden-tensors.js';
import { expectDrawnFrom, expectEvenlySpread, expectShare, exponential, uniform } from '../testing/statistics.js';
import { applyCutPaste, drawCutPaste, drawScale, samplePatch, sourceMap } from './cut-paste.js';

interface CutPasteCase {
  readonly case: number;
  readonly S: number;
  readonly target_corner: [number, number];
  readonly angle_radians: number;
  readonly scale_change: number;
  readonly inverse_taken: boolean;
  readonly source_corner: [number, number];
  readonly source_box: [number, number];
  readonly matrix: [[number, number], [number, number]];
  readonly offset: [number, number];
}

const { cases } = goldenJson<{ cases: CutPasteCase[] }>('synthesis/cutpaste.json');
const golden = goldenTensors('cutpaste');
const images = goldenTensors('images');

describe.each(cases)('golden cut-paste $case', (golds) => {
  const { case: i, S, target_corner, source_corner } = golds;
  const mask = golden.mask(`${i}.mask`);
  const scale = golds.inverse_taken ? 1 / golds.scale_change : golds.scale_change;
  const parameters = {
    mask,
    corner: { row: target_corner[0], column: target_corner[1] },
    source: 0,
    sourceMap: sourceMap(mask, golds.angle_radians, scale, S),
    sourceCorner: { row: source_corner[0], column: source_corner[1] },
  };
  const source = images.bytes(i === 0 ? `image${S}.0` : `image${S}.1`);

  test('map into the source box', () => {
    const { matrix, offset, rows, columns } = parameters.sourceMap;
    expectClose(matrix, golds.matrix.flat(), 1e-12);
    expectClose(offset, golds.offset, 0);
    expect([rows, columns]).toEqual(golds.source_box);
  });

  test('patch under the mask', () => {
    const patch = samplePatch(source, S, parameters.sourceMap, parameters.sourceCorner, mask);
    const expected = golden.bytes(`${i}.patch`).map((value, pixel) => value * mask.data[pixel]!);
    expect(patch).toEqual(expected);
  });

  test('image', () => {
    const pixels = images.bytes(`image${S}.0`).slice();
    applyCutPaste(pixels, source, S, parameters);
    expect(pixels).toEqual(golden.bytes(`${i}.image`));
  });
});

describe('drawCutPaste', () => {
  const side = 50;
  const random = new RandomStream(5, 0, 0);
  const drawn = Array.from({ length: 1500 }, () => drawCutPaste(side, 3, random));

  test('boxes have sides of 10 to 60 % of the image and lie inside', () => {
    const sides = drawn.flatMap(({ mask }) => [mask.rows, mask.columns]);
    expect([Math.min(...sides), Math.max(...sides)]).toEqual([5, 29]);
    for (const { mask, corner } of drawn) {
      expect(corner.row + mask.rows).toBeLessThanOrEqual(side);
      expect(corner.column + mask.columns).toBeLessThanOrEqual(side);
    }
  });

  test('every support image is the source equally often', () => {
    expectEvenlySpread(
      drawn.map(({ source }) => source),
      3,
    );
  });

  test('source boxes lie inside the source', () => {
    for (const { sourceMap, sourceCorner } of drawn) {
      expect(sourceCorner.row + sourceMap.rows).toBeLessThanOrEqual(side);
      expect(sourceCorner.column + sourceMap.columns).toBeLessThanOrEqual(side);
    }
  });

  test('angles are uniform within 45 degrees', () => {
    expectDrawnFrom(
      drawn.map(({ sourceMap: { matrix } }) => Math.atan2(matrix[2], matrix[0])),
      uniform(-Math.PI / 4, Math.PI / 4),
    );
  });

  test('scales are 1 + Exp(0.1) or its inverse with even odds', () => {
    const scales = Array.from({ length: 4000 }, () => drawScale(random));
    expectShare(
      scales.map((scale) => scale > 1),
      0.5,
    );
    expectDrawnFrom(
      scales.map((scale) => Math.max(scale, 1 / scale) - 1),
      exponential(0.1),
    );
  });
});
