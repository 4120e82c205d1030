/** Rows are millimetres to the right, to the front and to the head; columns are steps along the axes of a volume. */
export type Affine = readonly (readonly number[])[];

/** What a header says of orientation. */
export interface OrientationFields {
  readonly spacing: readonly [number, number, number];
  /** 1, or -1 where the third axis is turned round. */
  readonly handedness: 1 | -1;
  /** Three parts of a unit quaternion (qform). */
  readonly quaternion: readonly [number, number, number] | undefined;
  /** The matrix itself (sform). */
  readonly rows: Affine | undefined;
}

/** The affine of a header (nifti1.h, methods 3 and 2); undefined where it says nothing, or what cannot be. */
export function affineOf({ spacing, handedness, quaternion, rows }: OrientationFields): Affine | undefined {
  if (rows && isInvertible(rows)) return rows;
  if (!quaternion) return undefined;
  const [b, c, d] = quaternion;
  const a = Math.sqrt(Math.max(0, 1 - b * b - c * c - d * d));
  const rotation = [
    [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
    [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
    [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
  ];
  const steps = [spacing[0], spacing[1], spacing[2] * handedness];
  const affine = rotation.map((row) => row.map((value, column) => value * steps[column]!));
  return isInvertible(affine) ? affine : undefined;
}

function isInvertible(rows: Affine): boolean {
  const [[a = 0, b = 0, c = 0] = [], [d = 0, e = 0, f = 0] = [], [g = 0, h = 0, i = 0] = []] = rows;
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  return Number.isFinite(determinant) && determinant !== 0;
}

/**
 * For each direction of the body (right, front, head) the axis of the volume that runs along it, and whether with or
 * against it.
 */
export type BodyAxes = readonly [BodyAxis, BodyAxis, BodyAxis];

export interface BodyAxis {
  readonly axis: 0 | 1 | 2;
  readonly sign: 1 | -1;
}

const orders = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

/**
 * The axes that the directions of the body are nearest to, each to another one; oblique volumes are not turned further.
 */
export function bodyAxes(affine: Affine): BodyAxes {
  const length = (axis: number) => Math.hypot(affine[0]![axis]!, affine[1]![axis]!, affine[2]![axis]!);
  const along = (direction: number, axis: number) => affine[direction]![axis]! / length(axis);
  const fit = (order: readonly number[]) =>
    order.reduce((sum, axis, direction) => sum + Math.abs(along(direction, axis)), 0);
  const best = orders.reduce((kept, order) => (fit(order) > fit(kept) + 1e-9 ? order : kept));
  const [right, front, head] = best.map((axis, direction) => ({
    axis,
    sign: along(direction, axis) < 0 ? (-1 as const) : (1 as const),
  }));
  return [right!, front!, head!];
}
