import type { RandomStream } from '../random/random-stream.js';
import type { Mask, SideBounds } from './mask.js';

export interface HyperShapeParameters {
  readonly kind: 'rectangle' | 'ellipse';
  /** Side lengths (or axes) in pixels along rows and columns, before shear and rotation. */
  readonly sides: readonly [number, number];
  readonly shear: readonly [number, number];
  readonly rotationRadians: number;
  /** The box that a larger shape is scaled down to fit. */
  readonly highestSide: number;
}

/** Row-major 2 x 2, acting on (row, column). */
export type Matrix = readonly [number, number, number, number];

export interface HyperShape {
  readonly kind: 'rectangle' | 'ellipse';
  readonly halfSides: readonly [number, number];
  /** From the upright shape's plane to the image's, both with the shape's centre as origin. */
  readonly matrix: Matrix;
  readonly inverse: Matrix;
  /** The shape's pixels in its box; the shape's centre is the middle of the box. */
  readonly mask: Mask;
}

/** Draws a sheared, rotated rectangle or ellipse, even odds (method.md, section 7). `side` is the image's. */
export function drawHyperShape(bounds: SideBounds, side: number, random: RandomStream): HyperShape {
  const length = () => hyperShapeSide(random.gamma(2, 0.1), side, bounds);
  return hyperShape({
    kind: random.chance(0.5) ? 'rectangle' : 'ellipse',
    sides: [length(), length()],
    shear: [random.normal(0, 0.2), random.normal(0, 0.2)],
    rotationRadians: random.uniform(-Math.PI / 2, Math.PI / 2),
    highestSide: bounds.highest,
  });
}

/** A side length in pixels from a gamma draw and the image's side. Golden: synthesis/shapes. */
export function hyperShapeSide(gamma: number, side: number, { lowest, highest }: SideBounds): number {
  return Math.trunc(Math.min(Math.max((0.03 + gamma) * side, lowest), highest));
}

/** The shape of given draws. Golden: synthesis/shapes. */
export function hyperShape(parameters: HyperShapeParameters): HyperShape {
  const { kind, sides, shear, rotationRadians, highestSide } = parameters;
  const cosine = Math.cos(rotationRadians);
  const sine = Math.sin(rotationRadians);
  let matrix: Matrix = [
    cosine - sine * shear[1],
    cosine * shear[0] - sine,
    sine + cosine * shear[1],
    sine * shear[0] + cosine,
  ];
  const excess = Math.max(...boxSize(boxReach(sides, matrix))) / highestSide;
  if (excess > 1) matrix = [matrix[0] / excess, matrix[1] / excess, matrix[2] / excess, matrix[3] / excess];
  const reach = boxReach(sides, matrix);
  const halfSides = [sides[0] / 2, sides[1] / 2] as const;
  const inverse = invert(matrix);
  return { kind, halfSides, matrix, inverse, mask: rasterise(kind, halfSides, inverse, reach) };
}

/**
 * How far it is from an inner point of the continuous shape to its edge, in a direction (a unit vector). Point and
 * direction are (row, column) relative to the middle of the box; the answer is in pixels. Golden: synthesis/shapes.
 */
export function distanceToEdge(
  { kind, halfSides, inverse: [a, b, c, d] }: HyperShape,
  row: number,
  column: number,
  rowDirection: number,
  columnDirection: number,
): number {
  const p0 = (a * row + b * column) / halfSides[0];
  const p1 = (c * row + d * column) / halfSides[1];
  const v0 = (a * rowDirection + b * columnDirection) / halfSides[0];
  const v1 = (c * rowDirection + d * columnDirection) / halfSides[1];
  if (kind === 'rectangle') {
    const alongRows = v0 === 0 ? Number.POSITIVE_INFINITY : (Math.sign(v0) - p0) / v0;
    const alongColumns = v1 === 0 ? Number.POSITIVE_INFINITY : (Math.sign(v1) - p1) / v1;
    return Math.max(0, Math.min(alongRows, alongColumns));
  }
  const squaredSpeed = v0 * v0 + v1 * v1;
  const approach = p0 * v0 + p1 * v1;
  const discriminant = approach * approach + squaredSpeed * (1 - p0 * p0 - p1 * p1);
  return Math.max(0, (Math.sqrt(Math.max(0, discriminant)) - approach) / squaredSpeed);
}

/** The box's last row and column, counted from its middle. Its first are their negatives. */
function boxReach([rowSide, columnSide]: readonly [number, number], [a, b, c, d]: Matrix): [number, number] {
  const row = (rowSide - 1) / 2;
  const column = (columnSide - 1) / 2;
  return [Math.ceil(Math.abs(a) * row + Math.abs(b) * column), Math.ceil(Math.abs(c) * row + Math.abs(d) * column)];
}

function boxSize([rowReach, columnReach]: readonly [number, number]): [number, number] {
  return [2 * rowReach + 1, 2 * columnReach + 1];
}

function invert([a, b, c, d]: Matrix): Matrix {
  const determinant = a * d - b * c;
  return [d / determinant, -b / determinant, -c / determinant, a / determinant];
}

function rasterise(
  kind: HyperShape['kind'],
  [rowHalf, columnHalf]: readonly [number, number],
  [a, b, c, d]: Matrix,
  reach: readonly [number, number],
): Mask {
  const [rows, columns] = boxSize(reach);
  const data = new Uint8Array(rows * columns);
  for (let i = 0; i < data.length; i++) {
    const row = Math.floor(i / columns) - reach[0];
    const column = (i % columns) - reach[1];
    const q0 = (a * row + b * column) / rowHalf;
    const q1 = (c * row + d * column) / columnHalf;
    const inside = kind === 'rectangle' ? Math.max(Math.abs(q0), Math.abs(q1)) <= 1 : q0 * q0 + q1 * q1 <= 1;
    if (inside) data[i] = 1;
  }
  return { rows, columns, data };
}
