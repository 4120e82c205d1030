import { smoothMap, upsampleMap } from '@mediclip/maps';
import { input, type Tensor, writeModel } from '@mediclip/onnx-graph';
import { RandomStream } from '@mediclip/synthesis';
import { type DetectorTensors, detectorTaps, type MemoryShape, tensorShapes } from '../detector/detector-shape.js';
import { pooledCount, stateContrast } from '../graphs/anomaly-map.js';
import { adapterInputs, featureInputs } from '../graphs/artifacts.js';
import {
  memoryTaps,
  nearestDistance,
  patchDescriptors,
  smoothingDeviation,
  usesMemory,
} from '../graphs/patch-memory.js';
import { channelMoments } from '../kinship/channel-moments.js';
import { kinshipTensors } from '../kinship/kinship.js';
import type { ScoringOptions } from '../options.js';
import { purposes } from '../randomness.js';
import type { FeatureStore } from '../tower/feature-store.js';
import { atTaps, type Features, stackFeatures } from '../tower/features.js';
import type { Tower } from '../tower/tower.js';

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

/** The normals that a memory is made of. */
export interface MemoryNormals {
  /** At `normalTaps`. */
  readonly features: FeatureStore;
  /** Per normal, itself and those that are too much like it to measure it against. */
  readonly relatives: readonly ReadonlySet<number>[];
  /** Per normal, its `greyLayout`. */
  readonly layouts: readonly Float32Array[];
}

/** Patches of the normals, a random choice of all of them, with the image that each comes from. */
interface Bank {
  readonly rows: Float32Array;
  readonly width: number;
  readonly images: Uint32Array;
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
  if (!hasMemory(scoring, normals.features.size)) return undefined;
  const { bank, moments } = await keepPatches(tower, normals.features, scoring.memoryPatches, seed);
  const maps: NormalMaps[] = [];
  for await (const map of leaveOneOut(tower, learned, normals, bank)) yield maps.push(map);
  const scales = measureScales(maps, tower.backbone.side, scoring);
  const kinds = moments.map((ofNormal, index) => ({ moments: ofNormal, layout: normals.layouts[index]! }));
  return {
    shape: { taps: memoryTaps(tower.backbone, tower.taps), patches: bank.images.length },
    kinship: { shots: kinds.length },
    tensors: new Map([
      ['memory.bank', bank.rows],
      ['memory.scales', scales],
      ...kinshipTensors(kinds, normals.relatives),
    ]),
  };
}

/** Features of a normal as graph inputs, at the taps that are learned at and at the memory's. */
function normalInputs({ backbone, taps }: Tower) {
  const compared = memoryTaps(backbone, taps);
  const stored = detectorTaps({ taps, memory: { taps: compared } });
  const inputs = featureInputs(backbone, stored, 1);
  const learnedAt = atTaps(taps, inputs, stored);
  const grid = Math.max(...learnedAt.map(({ shape }) => shape[2]!));
  const descriptors = patchDescriptors(atTaps(compared, inputs, stored), grid);
  const feeds = (features: Features) => stackFeatures([features], backbone, stored, 1);
  return { inputs, learnedAt, descriptors, feeds };
}

/** A random choice of all patches, in their order, and the `channelMoments` of every normal. */
async function keepPatches(
  tower: Tower,
  normals: FeatureStore,
  most: number,
  seed: number,
): Promise<{ readonly bank: Bank; readonly moments: readonly Float32Array[] }> {
  const { inputs, descriptors, feeds } = normalInputs(tower);
  const [, patches, width] = descriptors.shape as [number, number, number];
  const random = new RandomStream(seed, 0, 0, purposes.memory);
  const kept = Uint32Array.from(random.shuffle([...Array(normals.size * patches).keys()]).slice(0, most)).sort();
  const rows = new Float32Array(kept.length * width);
  const session = await tower.runtime.createSession({
    bytes: writeModel({ name: 'descriptors', inputs, outputs: { descriptors, moments: channelMoments(inputs) } }),
  });
  const moments: Float32Array[] = [];
  try {
    let row = 0;
    for (let image = 0; image < normals.size; image++) {
      const outputs = await session.run(feeds(await normals.get(image)));
      const all = outputs.descriptors!.data as Float32Array;
      moments.push(outputs.moments!.data as Float32Array);
      for (; row < kept.length && kept[row]! < (image + 1) * patches; row++) {
        const start = (kept[row]! - image * patches) * width;
        rows.set(all.subarray(start, start + width), row * width);
      }
    }
  } finally {
    await session.release();
  }
  const images = kept.map((patch) => Math.floor(patch / patches));
  return { bank: { rows, width, images }, moments };
}

/**
 * What the detector will say about each normal, with the patches of the normal and of its relatives left out of the
 * memory.
 */
async function* leaveOneOut(
  tower: Tower,
  learned: DetectorTensors,
  { features: normals, relatives }: MemoryNormals,
  bank: Bank,
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
  const feeds: Record<string, Tensor> = { bank: { dtype: 'float32', shape: rows.shape, data: bank.rows } };
  for (const [name, shape] of shapes) feeds[name] = { dtype: 'float32', shape, data: learned.get(name)! };

  const session = await runtime.createSession({ bytes: writeModel({ name: 'leave-one-out', inputs, outputs }) });
  try {
    for (let image = 0; image < normals.size; image++) {
      const left = relatives[image]!;
      const own = Float32Array.from(bank.images, (source) => (left.has(source) ? farthest : 0));
      const { contrast, distance } = await session.run({
        ...feeds,
        ...featuresOf(await normals.get(image)),
        penalty: { dtype: 'float32', shape: penalty.shape, data: own },
      });
      yield { contrast: contrast!.data as Float32Array, distance: distance!.data as Float32Array };
    }
  } finally {
    await session.release();
  }
}

/** More than any two unit vectors differ in their cosine. */
const farthest = 2;

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
