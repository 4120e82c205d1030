import { describe, expect, test } from '@jest/globals';
import { expectClose, goldenJson } from '@mediclip/testing';
import { RandomStream } from '../random/random-stream.js';
import { type GoldenShape, goldenShape } from '../testing/golden-shape.js';
import { goldenTensors } from '../testing/golden-tensors.js';
import { expectDrawnFrom, expectShare, gamma, normal, uniform } from '../testing/statistics.js';
import { distanceToEdge, drawHyperShape, hyperShape, hyperShapeSide, type Matrix } from './hyper-shape.js';

interface ShapeCase extends GoldenShape {
  readonly case: number;
  readonly matrix: [[number, number], [number, number]];
}

interface SideCase {
  readonly S: number;
  readonly lo: number;
  readonly hi: number;
  readonly gamma: number;
  readonly side: number;
}

const { cases, sides } = goldenJson<{ cases: ShapeCase[]; sides: SideCase[] }>('synthesis/shapes.json');
const golden = goldenTensors('shapes');

describe.each(cases)('golden hyper-shape $case, $shape', (golds) => {
  const shape = goldenShape(golds);

  test('matrix', () => {
    expectClose(shape.matrix, golds.matrix.flat(), 1e-12);
  });

  test('mask', () => {
    expect(shape.mask).toEqual(golden.mask(`${golds.case}.mask`));
  });

  test('edges seen from inner points', () => {
    const origins = golden.floats(`${golds.case}.origins`);
    const directions = golden.floats(`${golds.case}.directions`);
    const edges = origins.map((_, i) => {
      const first = i - (i % 2);
      const distance = distanceToEdge(shape, ...pair(origins, first), ...pair(directions, first));
      return origins[i]! + distance * directions[i]!;
    });
    expectClose(edges, golden.floats(`${golds.case}.edges`), 1e-5);
  });
});

test.each(sides)('golden side of gamma $gamma at $S', ({ S, lo, hi, gamma, side }) => {
  expect(hyperShapeSide(gamma, S, { lowest: lo, highest: hi })).toBe(side);
});

describe('distanceToEdge', () => {
  const square = hyperShape({ kind: 'rectangle', sides: [10, 10], shear: [0, 0], rotationRadians: 0, highestSide: 20 });

  test('is 0 for a point on the edge that looks outwards, and the whole way for one that looks inwards', () => {
    expect(distanceToEdge(square, 5, 0, 1, 0)).toBe(0);
    expect(distanceToEdge(square, 5, 0, -1, 0)).toBe(10);
  });

  test('along an edge it ends at the corner', () => {
    expect(distanceToEdge(square, 5, 0, 0, 1)).toBe(5);
  });
});

describe('drawHyperShape', () => {
  const random = new RandomStream(4, 0, 0);
  const shapes = Array.from({ length: 2000 }, () => drawHyperShape({ lowest: 6, highest: 12 }, 224, random));
  const undone = shapes.map(({ matrix }) => undo(matrix));

  test('rectangles and ellipses come with even odds', () => {
    expectShare(
      shapes.map(({ kind }) => kind === 'rectangle'),
      0.5,
    );
  });

  test('rotations are uniform within 90 degrees', () => {
    expectDrawnFrom(
      undone.map(({ rotation }) => rotation),
      uniform(-Math.PI / 2, Math.PI / 2),
    );
  });

  test('shears are normal with deviation 0.2, one per axis', () => {
    for (const axis of [0, 1] as const) {
      expectDrawnFrom(
        undone.map(({ shear }) => shear[axis]),
        normal(0, 0.2),
      );
    }
  });

  test('the unclipped sides are 3 % and a gamma draw of the image', () => {
    const side = 100;
    const dither = new RandomStream(5, 0, 0);
    const unclipped = Array.from({ length: 500 }, () => drawHyperShape({ lowest: 0, highest: 2 * side }, side, random));
    expectDrawnFrom(
      unclipped.flatMap(({ halfSides }) => halfSides.map((half) => (2 * half + dither.uniform()) / side - 0.03)),
      gamma(2, 0.1),
    );
  });
});

function pair(values: Float32Array, first: number): [number, number] {
  return [values[first]!, values[first + 1]!];
}

/**
 * The draws behind `scale * rotation * [[1, s0], [s1, 1]]`. With `e` the rotation as a complex number,
 * `a + d + i (c - b)` is `scale * e * (2 + i (s1 - s0))` and `a - d + i (c + b)` is `scale * i * e * (s0 + s1)`. Half a
 * turn changes nothing about a shape.
 */
function undo([a, b, c, d]: Matrix): { rotation: number; shear: [number, number] } {
  const half = Math.atan(Math.tan(Math.atan2(c + b, a - d) - Math.PI / 2));
  const turned = Math.atan2(c - b, a + d) - half;
  const rotation = Math.cos(turned) > 0 ? half : half - Math.sign(half) * Math.PI;
  const difference = 2 * Math.tan(turned);
  const scale = Math.hypot(a + d, c - b) / Math.hypot(2, difference);
  const sum = ((c + b) * Math.cos(rotation) - (a - d) * Math.sin(rotation)) / scale;
  return { rotation, shear: [(sum - difference) / 2, (sum + difference) / 2] };
}
