import type { Kinship } from '@mediclip/maps';
import { layoutSize } from './grey-layout.js';
import { inversion, type KindDescription, median, momentsDistance } from './likeness.js';

/**
 * So many times as far from the nearest normal as the middle one of the normals is from the others, and an image is of
 * another kind; measured in `docs/accuracy.md`.
 */
export const farthestKin = 3;

/** From this `inversion` on an image is a negative. */
export const leastInversion = 0.2;

/** Distances of normals are at least this, so that those that hardly differ do not make all else foreign. */
const leastDistance = 0.002;

/** Names and shapes of the tensors that tell how kin an image is to `shots` normals. */
export function kinshipTensorShapes(shots: number, width: number): [string, readonly number[]][] {
  return [
    ['kinship.moments', [shots, width]],
    ['kinship.layouts', [shots, layoutSize]],
    ['kinship.nearest', [shots]],
  ];
}

/**
 * The tensors of `kinshipTensorShapes` of some normals. `relatives` has for each those that it is not measured against,
 * itself among them.
 */
export function kinshipTensors(
  normals: readonly KindDescription[],
  relatives: readonly ReadonlySet<number>[],
): ReadonlyMap<string, Float32Array> {
  return new Map([
    ['kinship.moments', stack(normals.map(({ moments }) => moments))],
    ['kinship.layouts', stack(normals.map(({ layout }) => layout))],
    ['kinship.nearest', Float32Array.from(nearestOfOthers(normals, relatives))],
  ]);
}

/** Per normal its distance (`momentsDistance`) to the nearest one that is none of its relatives. */
export function nearestOfOthers(
  normals: readonly KindDescription[],
  relatives: readonly ReadonlySet<number>[],
): number[] {
  return normals.map(({ moments }, index) =>
    nearest(
      moments,
      normals.flatMap((other, i) => (relatives[index]!.has(i) ? [] : [other.moments])),
    ),
  );
}

/** The distance that is usual among normals. */
export const usualDistance = (nearestDistances: ArrayLike<number>): number =>
  Math.max(leastDistance, median(nearestDistances));

/**
 * How kin an image is to the normals of a detector, by the tensors of `kinshipTensorShapes`; undefined for a detector
 * without them.
 */
export function kinshipOf(
  tensors: ReadonlyMap<string, Float32Array>,
  { moments, layout }: KindDescription,
): Kinship | undefined {
  const distances = tensors.get('kinship.nearest');
  if (!distances) return undefined;
  const distance = nearest(moments, rows(tensors.get('kinship.moments')!, distances.length));
  const share = distances.filter((other) => other >= distance).length / distances.length;
  if (distance > farthestKin * usualDistance(distances)) return { share, foreign: 'other-kind' };
  const isNegative = inversion(layout, rows(tensors.get('kinship.layouts')!, distances.length)) > leastInversion;
  return isNegative ? { share, foreign: 'inverted' } : { share };
}

function nearest(moments: Float32Array, others: readonly Float32Array[]): number {
  return Math.min(...others.map((other) => momentsDistance(moments, other)));
}

function rows(values: Float32Array, count: number): Float32Array[] {
  const width = values.length / count;
  return Array.from({ length: count }, (_, row) => values.subarray(row * width, (row + 1) * width));
}

function stack(vectors: readonly Float32Array[]): Float32Array {
  const width = vectors[0]?.length ?? 0;
  const stacked = new Float32Array(vectors.length * width);
  for (const [row, vector] of vectors.entries()) stacked.set(vector, row * width);
  return stacked;
}
