import type { Backbone } from '@mediclip/backbones';
import { smoothingMatrix } from '@mediclip/maps';
import {
  add,
  averagePool,
  concat,
  div,
  l2Normalise,
  matMul,
  mul,
  reduceMax,
  reduceMean,
  reshape,
  scalar,
  slice,
  sub,
  transpose,
  type Value,
} from '@mediclip/onnx-graph';
import type { ScoringOptions } from '../options.js';
import { alongBothAxes, resizeGrid } from './anomaly-map.js';

/**
 * The taps whose features the memory of normal patches compares: the backbone's own for it, or of those that the
 * detector learns at all but the deepest, which sees too much of the image to say where something is odd, unless it is
 * the only one.
 */
export function memoryTaps(backbone: Backbone, taps: readonly number[]): readonly number[] {
  return backbone.memoryTaps ?? (taps.length > 1 ? taps.slice(0, -1) : taps);
}

/**
 * A unit vector per location, [batch, grid * grid, channels together]: features [batch, C, g, g] of the memory's taps
 * averaged over 3 x 3 locations and brought to one grid, as in PatchCore (Roth et al., CVPR 2022).
 */
export function patchDescriptors(features: readonly Value[], grid: number): Value {
  const smoothed = features.map((tap) => resizeGrid(averagePool(tap, { kernel: [3, 3], pads: [1, 1, 1, 1] }), grid));
  const joined = concat(smoothed, 1);
  const [batch, width] = joined.shape;
  return l2Normalise(transpose(reshape(joined, [batch!, width!, grid * grid]), [0, 2, 1]), 2);
}

/**
 * The distance of every descriptor to the nearest patch of the memory, [batch, G * G]: 1 minus the cosine times the
 * length of the patch's row. `bank` is [patches, width] of rows of length 1 or a little more; `penalty` [patches] is 0,
 * or `farthest` for patches that must not count.
 */
export function nearestDistance(descriptors: Value, bank: Value, penalty?: Value): Value {
  const [patches] = bank.shape;
  const nearest: Value[] = [];
  for (let from = 0; from < patches!; from += comparedAtOnce) {
    const to = Math.min(from + comparedAtOnce, patches!);
    const similarity = matMul(descriptors, transpose(slice(bank, 0, from, to)));
    const allowed = penalty ? sub(similarity, slice(penalty, 0, from, to)) : similarity;
    nearest.push(reduceMax(allowed, { axes: [2], keepDims: true }));
  }
  const highest = nearest.length === 1 ? nearest[0]! : concat(nearest, 2);
  return sub(scalar(1), reduceMax(highest, { axes: [2] }));
}

/**
 * Patches of a memory whose cosines with all places are in memory at once: 1.6 MB for 784 places, which stay in a
 * processor's cache, where all 4,096 patches take 12.8.
 */
const comparedAtOnce = 512;

/** More than any descriptor and a row of a memory differ in their product. */
export const farthest = 4;

/** The distance of every row of `bank` [patches, width] to the nearest descriptor of one image, [patches]. */
export function nearestOfEach(bank: Value, descriptors: Value): Value {
  const [, places, width] = descriptors.shape;
  const similarity = matMul(bank, transpose(reshape(descriptors, [places!, width!])));
  return sub(scalar(1), reduceMax(similarity, { axes: [1] }));
}

/** A memory as graph values: its rows [patches, width], and its scales in the order of `memoryScales`. */
export interface MemoryValues {
  readonly bank: Value;
  readonly scales: Value;
}

/**
 * What the normals themselves say: what brings both maps to one scale, and the values of a normal image's hottest part,
 * for scores and on the smoothed map.
 */
export const memoryScales = ['learnedDeviation', 'memoryMean', 'memoryDeviation', 'scoreCentre', 'mapCentre'] as const;

/** Logits at every place, [batch, G, G]: those that the score is pooled from, and those that the map shows. */
export interface FusedMaps {
  readonly scored: Value;
  readonly shown: Value;
}

/**
 * The learned contrast and the distance from the normals' patches as one map: the contrast says where an image differs
 * from its own rest, the distance where it differs from the normals. Both are scaled by what the normals score
 * (leave-one-out), weighted and added; 0 is as much as the hottest part of a normal image has. The logits of the score
 * also contain the image's mean distance, by how far the image as a whole is from the normals. The map is to say where,
 * so that it leaves that out; it is smoothed as PatchCore's.
 *
 * `contrast` [batch, G, G]; `features` [batch, C, g, g] for each of the memory's taps.
 */
export function fuse(
  contrast: Value,
  features: readonly Value[],
  { bank, scales }: MemoryValues,
  { memoryWeight, memoryImageWeight }: ScoringOptions,
): FusedMaps {
  const [learnedDeviation, memoryMean, memoryDeviation, scoreCentre, mapCentre] = memoryScales.map((_, index) =>
    reshape(slice(scales, 0, index, index + 1), []),
  ) as [Value, Value, Value, Value, Value];
  const grid = contrast.shape[1]!;
  const imageMean = (map: Value) => reduceMean(map, { axes: [1, 2], keepDims: true });
  const distance = reshape(nearestDistance(patchDescriptors(features, grid), bank), contrast.shape);
  const learned = div(sub(contrast, imageMean(contrast)), learnedDeviation);
  const memory = div(sub(distance, memoryMean), memoryDeviation);
  const local = add(learned, mul(memory, scalar(memoryWeight)));
  const whole = add(local, mul(imageMean(memory), scalar(memoryImageWeight)));
  const toLogit = (map: Value, centre: Value) => mul(sub(map, centre), scalar(1 / (1 + memoryWeight)));
  return { scored: toLogit(whole, scoreCentre), shown: toLogit(smooth(local), mapCentre) };
}

/** The standard deviation of the map's smoothing, in cells of a grid: 8 pixels of 224. */
export const smoothingDeviation = (grid: number): number => grid / 28;

function smooth(map: Value): Value {
  const grid = map.shape[1]!;
  return alongBothAxes(smoothingMatrix(grid, smoothingDeviation(grid)), map, grid);
}

/** Whether a detector of these options has a memory: its distance or the image's mean of it weighs something. */
export const usesMemory = ({ memoryWeight, memoryImageWeight }: ScoringOptions): boolean =>
  memoryWeight > 0 || memoryImageWeight > 0;
