import { describe, expect, test } from '@jest/globals';
import { expectClose, goldenJson } from '@mediclip/testing';
import { hyperShape } from '../masks/hyper-shape.js';
import { RandomStream } from '../random/random-stream.js';
import { type GoldenShape, goldenShape } from '../testing/golden-shape.js';
import { goldenTensors } from '../testing/golden-tensors.js';
import { expectDrawnFrom, uniform } from '../testing/statistics.js';
import { applyDeformation, type DeformationParameters, deformationMap, drawDeformation } from './deformation.js';

interface DeformationCase extends GoldenShape {
  readonly case: number;
  readonly kind: DeformationParameters['kind'];
  readonly S: number;
  readonly corner: [number, number];
  readonly centre: [number, number];
  readonly factor: number;
}

const { cases } = goldenJson<{ cases: DeformationCase[] }>('synthesis/deformation.json');
const golden = goldenTensors('deformation');
const images = goldenTensors('images');

describe.each(cases)('golden $kind deformation $case', (golds) => {
  const { case: i, kind, S, corner, centre, factor } = golds;
  const shape = goldenShape(golds);
  const parameters = {
    kind,
    shape,
    corner: { row: corner[0], column: corner[1] },
    centre: { row: centre[0], column: centre[1] },
    factor,
  };

  test('mask', () => {
    expect(shape.mask).toEqual(golden.mask(`${i}.mask`));
  });

  test('mapping', () => {
    const { rows, columns } = deformationMap(parameters);
    expectClose([...rows, ...columns], golden.floats(`${i}.mapping`), 1e-5);
  });

  test('image', () => {
    const pixels = images.bytes(`image${S}.0`).slice();
    applyDeformation(pixels, S, parameters);
    expect(pixels).toEqual(golden.bytes(`${i}.image`));
  });
});

test.each(['source', 'sink'] as const)('a centre exactly on the edge: %s leaves finite positions', (kind) => {
  const shape = hyperShape({ kind: 'rectangle', sides: [20, 20], shear: [0, 0], rotationRadians: 0, highestSide: 40 });
  const { rows, columns } = shape.mask;
  const centre = { row: rows - 1, column: (columns - 1) / 2 };
  const map = deformationMap({ kind, shape, corner: { row: 0, column: 0 }, centre, factor: 2 });
  expect([...map.rows, ...map.columns].every(Number.isFinite)).toBe(true);
});

describe('drawDeformation', () => {
  const side = 40;
  const random = new RandomStream(8, 0, 0);
  const drawn = Array.from({ length: 1500 }, () => drawDeformation('source', side, random));

  test('shapes have sides of 20 to 60 % of the image', () => {
    const sides = drawn.flatMap(({ shape: { halfSides } }) => halfSides.map((half) => 2 * half));
    expect([Math.min(...sides), Math.max(...sides)]).toEqual([8, 24]);
  });

  test('a shape too large for 60 % of the image is scaled down; its box may exceed that by one', () => {
    const boxes = drawn.flatMap(({ shape: { mask } }) => [mask.rows, mask.columns]);
    expect(Math.max(...boxes)).toBe(25);
  });

  test('the exponent is 2 to the power of a uniform draw in 0.5 to 2', () => {
    expectDrawnFrom(
      drawn.map(({ factor }) => Math.log2(factor)),
      uniform(0.5, 2),
    );
  });

  test('the centre is any pixel of the mask', () => {
    const within = new RandomStream(9, 0, 0);
    const ranks = drawn.map(({ shape: { mask }, centre }) => {
      const pixel = centre.row * mask.columns + centre.column;
      expect(mask.data[pixel]).toBe(1);
      const set = [...mask.data.keys()].filter((i) => mask.data[i] === 1);
      return (set.indexOf(pixel) + within.uniform()) / set.length;
    });
    expectDrawnFrom(ranks, uniform(0, 1));
  });

  test('boxes lie inside the image', () => {
    for (const { shape, corner } of drawn) {
      expect(corner.row + shape.mask.rows).toBeLessThanOrEqual(side);
      expect(corner.column + shape.mask.columns).toBeLessThanOrEqual(side);
    }
  });
});
