import { smoothMap, upsampleMap } from '@mediclip/maps';
import { input, type Tensor, writeModel } from '@mediclip/onnx-graph';
import type { NormalImage } from '@mediclip/synthesis';
import { type DetectorTensors, detectorTaps, type MemoryShape, tensorShapes } from '../detector/detector-shape.js';
import { pooledCount, stateContrast } from '../graphs/anomaly-map.js';
import { adapterInputs } from '../graphs/artifacts.js';
import { farthest, memoryTaps, nearestDistance, smoothingDeviation, usesMemory } from '../graphs/patch-memory.js';
import { kinshipTensors } from '../kinship/kinship.js';
import type { ScoringOptions } from '../options.js';
import { placedCopies } from '../shots/placed-copies.js';
import type { Tower } from '../tower/tower.js';
import {
  distancesToNormals,
  keepPatches,
  type MemoryNormals,
  normalInputs,
  type PatchBank,
  reachingRows,
} from './memory-bank.js';

/** A memory's shape and its tensors `memory.bank` and `memory.scales`, and those that tell how kin an image is. */
export interface FittedMemory {
  readonly shape: MemoryShape;
  readonly kinship: { readonly shots: number };
  readonly tensors: DetectorTensors;
}

/**
 * The taps whose features of the normals an adaptation needs: those it learns at, then what the memory compares
 * besides.
 */
export function normalTaps({ backbone, taps }: Tower, scoring: ScoringOptions, shots: number): readonly number[] {
  return detectorTaps({ taps, memory: hasMemory(scoring, shots) ? { taps: memoryTaps(backbone, taps) } : undefined });
}

/** Not when the options use none, or there is no other normal to measure by. */
const hasMemory = (scoring: ScoringOptions, shots: number): boolean => usesMemory(scoring) && shots >= 2;

/** The copies of normals whose features a memory takes besides: see `placedCopies`. */
export function memoryCopies(normals: readonly NormalImage[], scoring: ScoringOptions): readonly NormalImage[] {
  return hasMemory(scoring, normals.length) ? placedCopies(normals) : [];
}

/**
 * The two maps of a normal image before they are fused, [G, G] each; the memory knew nothing of the image and its
 * relatives.
 */
interface NormalMaps {
  readonly contrast: Float32Array;
  readonly distance: Float32Array;
}

/**
 * Fits the memory of a detector: keeps `memoryPatches` patches of the normals, and measures what the normals score,
 * each against the patches of the others (leave-one-out), so that nothing but the shots is needed. Yields the number of
 * normals done. Undefined for a detector without a memory.
 */
export async function* fitMemory(
  tower: Tower,
  learned: DetectorTensors,
  normals: MemoryNormals,
  scoring: ScoringOptions,
  seed: number,
): AsyncGenerator<number, FittedMemory | undefined> {
  const { length: count } = normals.relatives;
  if (!hasMemory(scoring, count)) return undefined;
  const { bank, moments } = await keepPatches(tower, normals, scoring.memoryPatches, seed);
  const distances: Float32Array[] = [];
  const maps: NormalMaps[] = [];
  for await (const ofNormal of distancesToNormals(tower, normals, bank)) {
    distances.push(ofNormal);
    yield maps.length;
  }
  for await (const map of leaveOneOut(tower, learned, normals, bank, distances)) yield maps.push(map);
  const scales = measureScales(maps, tower.backbone.side, scoring);
  const kinds = moments.map((ofNormal, index) => ({ moments: ofNormal, layout: normals.layouts[index]! }));
  return {
    shape: { taps: memoryTaps(tower.backbone, tower.taps), patches: bank.images.length },
    kinship: { shots: kinds.length },
    tensors: new Map([
      ['memory.bank', reachingRows(bank, distances, normals.relatives)],
      ['memory.scales', scales],
      ...kinshipTensors(kinds, normals.relatives),
    ]),
  };
}

/**
 * What the detector will say about each normal, with the patches of the normal and of its relatives left out of the
 * memory.
 */
async function* leaveOneOut(
  tower: Tower,
  learned: DetectorTensors,
  { features: normals, relatives }: MemoryNormals,
  bank: PatchBank,
  distances: readonly Float32Array[],
): AsyncGenerator<NormalMaps> {
  const { backbone, taps, runtime } = tower;
  const shapes = tensorShapes({ backbone, taps });
  const tensors = new Map([...shapes].map(([name, shape]) => [name, input(name, 'float32', shape)]));
  const { inputs: features, learnedAt, descriptors, feeds: featuresOf } = normalInputs(tower);
  const rows = input('bank', 'float32', [bank.images.length, bank.width]);
  const penalty = input('penalty', 'float32', [bank.images.length]);
  const outputs = {
    contrast: stateContrast(learnedAt, adapterInputs(tensors, taps.length), tensors.get('states')!),
    distance: nearestDistance(descriptors, rows, penalty),
  };
  const inputs = [...features, ...tensors.values(), rows, penalty];
  const feeds: Record<string, Tensor> = {};
  for (const [name, shape] of shapes) feeds[name] = { dtype: 'float32', shape, data: learned.get(name)! };

  const session = await runtime.createSession({ bytes: writeModel({ name: 'leave-one-out', inputs, outputs }) });
  try {
    for (const [image, left] of relatives.entries()) {
      const own = Float32Array.from(bank.images, (source) => (left.has(source) ? farthest : 0));
      const { contrast, distance } = await session.run({
        ...feeds,
        ...featuresOf(await normals.get(image)),
        bank: { dtype: 'float32', shape: rows.shape, data: reachingRows(bank, distances, relatives, left) },
        penalty: { dtype: 'float32', shape: penalty.shape, data: own },
      });
      yield { contrast: contrast!.data as Float32Array, distance: distance!.data as Float32Array };
    }
  } finally {
    await session.release();
  }
}

/** The numbers of `memoryScales`. */
function measureScales(maps: readonly NormalMaps[], side: number, scoring: ScoringOptions): Float32Array {
  const contrasts = maps.map(({ contrast }) => centred(contrast));
  const learned = meanAndDeviation(contrasts, leastDeviation.contrast);
  const memory = meanAndDeviation(
    maps.map(({ distance }) => distance),
    leastDeviation.distance,
  );
  const hottest = maps.map(({ distance }, image) => {
    const standardised = distance.map((value) => (value - memory.mean) / memory.deviation);
    const local = contrasts[image]!.map(
      (value, place) => value / learned.deviation + scoring.memoryWeight * standardised[place]!,
    );
    const grid = Math.sqrt(local.length);
    const smoothed = smoothMap(local, grid, smoothingDeviation(grid));
    return {
      score: poolMap(upsampleMap(local, grid, side), scoring) + scoring.memoryImageWeight * mean(standardised),
      map: poolMap(upsampleMap(smoothed, grid, side), scoring),
    };
  });
  const scoreCentre = mean(hottest.map(({ score }) => score));
  const mapCentre = mean(hottest.map(({ map }) => map));
  return Float32Array.of(learned.deviation, memory.mean, memory.deviation, scoreCentre, mapCentre);
}

function centred(map: Float32Array): Float32Array {
  const centre = mean(map);
  return map.map((value) => value - centre);
}

/** The maximum of a map, or the mean of its highest share: `poolScores` on numbers. */
function poolMap(map: Float32Array, { pooling, topShare }: ScoringOptions): number {
  const descending = Float32Array.from(map).sort().reverse();
  return mean(descending.subarray(0, pooling === 'max' ? 1 : pooledCount(topShare, map.length)));
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/**
 * What deviations are at least, in the units of the maps: differences of two cosines, and 1 minus a cosine. Distinct
 * normals have eight times as much and more (`docs/accuracy.md`); below it is rounding, which must not become a scale.
 */
const leastDeviation = { contrast: 0.0005, distance: 0.005 } as const;

/** Over all values of all maps; the deviation is at least `least`. */
function meanAndDeviation(maps: readonly Float32Array[], least: number): { mean: number; deviation: number } {
  const centre = mean(maps.map(mean));
  const variance = mean(maps.map((map) => mean(map.map((value) => (value - centre) ** 2))));
  return { mean: centre, deviation: Math.max(least, Math.sqrt(variance)) };
}
