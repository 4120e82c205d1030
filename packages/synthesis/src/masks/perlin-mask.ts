import type { Size } from '../box.js';
import type { RandomStream } from '../random/random-stream.js';
import type { Mask, SideBounds } from './mask.js';

const threshold = 0.3;
const smallestShare = 0.2;

export interface PerlinParameters extends Size {
  /** Direction of the gradient at each corner of the box, by [lower or upper row][lower or upper column]. */
  readonly gradientAnglesRadians: readonly [readonly [number, number], readonly [number, number]];
  /** Clockwise on the screen. */
  readonly rotationDegrees: number;
}

/**
 * Draws a Perlin mask: a rectangle with each side uniform in [lowest, highest), then gradients and rotation again and
 * again until at least a fifth of the rectangle is set (method.md, section 7).
 */
export function drawPerlinMask(bounds: SideBounds, random: RandomStream): Mask {
  const rows = random.integer(bounds.lowest, bounds.highest);
  const columns = random.integer(bounds.lowest, bounds.highest);
  for (;;) {
    const mask = perlinMask(drawPerlinParameters({ rows, columns }, random));
    if (setShare(mask) >= smallestShare) return mask;
  }
}

/** Draws all that a Perlin mask of this size depends on. */
export function drawPerlinParameters({ rows, columns }: Size, random: RandomStream): PerlinParameters {
  const angle = () => random.uniform(0, 2 * Math.PI);
  return {
    rows,
    columns,
    gradientAnglesRadians: [
      [angle(), angle()],
      [angle(), angle()],
    ],
    rotationDegrees: random.uniform(-90, 90),
  };
}

/** The mask of given draws: rotated gradient noise above 0.3. Golden: synthesis/perlin. */
export function perlinMask(parameters: PerlinParameters): Mask {
  const { rows, columns, rotationDegrees } = parameters;
  const rotated = rotate(perlinNoise(parameters), rows, columns, rotationDegrees);
  const data = new Uint8Array(rotated.length);
  for (let i = 0; i < data.length; i++) data[i] = rotated[i]! > threshold ? 1 : 0;
  return { rows, columns, data };
}

/**
 * Gradient noise on a lattice of one cell, the box itself, with the quintic fade, times sqrt(2): `rows * columns`
 * values. Between two gradients the noise of a row is linear in the column, so each row needs only four coefficients.
 */
export function perlinNoise({ rows, columns, gradientAnglesRadians }: PerlinParameters): Float64Array {
  const [[upperLeft, upperRight], [lowerLeft, lowerRight]] = gradientAnglesRadians;
  const columnFade = Float64Array.from({ length: columns }, (_, column) => fade(column / columns));
  const noise = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const v = row / rows;
    const weight = fade(v);
    const leftStart = mix(v * Math.cos(upperLeft), (v - 1) * Math.cos(lowerLeft), weight);
    const leftSlope = mix(Math.sin(upperLeft), Math.sin(lowerLeft), weight);
    const rightStart = mix(v * Math.cos(upperRight), (v - 1) * Math.cos(lowerRight), weight);
    const rightSlope = mix(Math.sin(upperRight), Math.sin(lowerRight), weight);
    for (let column = 0; column < columns; column++) {
      const u = column / columns;
      const left = leftStart + leftSlope * u;
      const right = rightStart + rightSlope * (u - 1);
      noise[row * columns + column] = Math.SQRT2 * mix(left, right, columnFade[column]!);
    }
  }
  return noise;
}

/** Values [rows, columns] turned clockwise about the middle of the box, bilinear, zeros outside, same size. */
export function rotate(values: Float64Array, rows: number, columns: number, degrees: number): Float64Array {
  const cosine = Math.cos((degrees * Math.PI) / 180);
  const sine = Math.sin((degrees * Math.PI) / 180);
  const centreX = (columns - 1) / 2;
  const centreY = (rows - 1) / 2;
  const rotated = new Float64Array(values.length);
  for (let row = 0; row < rows; row++) {
    const y = row - centreY;
    for (let column = 0; column < columns; column++) {
      const x = column - centreX;
      const sourceX = cosine * x + sine * y + centreX;
      const sourceY = cosine * y - sine * x + centreY;
      if (sourceX <= -1 || sourceY <= -1 || sourceX >= columns || sourceY >= rows) continue;
      const left = Math.floor(sourceX);
      const top = Math.floor(sourceY);
      const start = top * columns + left;
      const hasLeft = left >= 0;
      const hasRight = left + 1 < columns;
      let upper = 0;
      let lower = 0;
      if (top >= 0) {
        upper = mix(hasLeft ? values[start]! : 0, hasRight ? values[start + 1]! : 0, sourceX - left);
      }
      if (top + 1 < rows) {
        lower = mix(
          hasLeft ? values[start + columns]! : 0,
          hasRight ? values[start + columns + 1]! : 0,
          sourceX - left,
        );
      }
      rotated[row * columns + column] = mix(upper, lower, sourceY - top);
    }
  }
  return rotated;
}

function fade(t: number): number {
  return t * t * t * (t * (6 * t - 15) + 10);
}

function mix(a: number, b: number, weight: number): number {
  return a + weight * (b - a);
}

function setShare(mask: Mask): number {
  let set = 0;
  for (const value of mask.data) set += value;
  return set / mask.data.length;
}
