import { type HyperShape, hyperShape } from '../masks/hyper-shape.js';

/** How the golden cases of hyper-shapes and deformations describe a shape. */
export interface GoldenShape {
  readonly shape: HyperShape['kind'];
  readonly size: readonly [number, number];
  readonly shear: readonly [number, number];
  readonly rotation_radians: number;
  readonly upper_bound: readonly [number, number];
}

export function goldenShape({ shape, size, shear, rotation_radians, upper_bound }: GoldenShape): HyperShape {
  return hyperShape({
    kind: shape,
    sides: size,
    shear,
    rotationRadians: rotation_radians,
    highestSide: upper_bound[0],
  });
}
