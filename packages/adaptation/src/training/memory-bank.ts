import { input, type Tensor, writeModel } from '@mediclip/onnx-graph';
import { RandomStream } from '@mediclip/synthesis';
import { detectorTaps } from '../detector/detector-shape.js';
import { featureInputs } from '../graphs/artifacts.js';
import { memoryTaps, nearestOfEach, patchDescriptors } from '../graphs/patch-memory.js';
import { channelMoments } from '../kinship/channel-moments.js';
import { purposes } from '../randomness.js';
import { normalAt } from '../shots/placed-copies.js';
import type { FeatureStore } from '../tower/feature-store.js';
import { atTaps, type Features, stackFeatures } from '../tower/features.js';
import type { Tower } from '../tower/tower.js';

/** The normals that a memory is made of. */
export interface MemoryNormals {
  /** At `normalTaps`, of the normals and then of their `placedCopies`, whose patches the memory keeps as well. */
  readonly features: FeatureStore;
  /** Per normal, itself and those that are too much like it to measure it against. */
  readonly relatives: readonly ReadonlySet<number>[];
  /** Per normal, its `greyLayout`. */
  readonly layouts: readonly Float32Array[];
}

/** Patches of the normals, a random choice of all of them, with the image that each comes from. */
export interface PatchBank {
  /** [patches, width] of unit rows. */
  readonly rows: Float32Array;
  readonly width: number;
  /** Per patch, the normal that it is of. */
  readonly images: Uint32Array;
}

/** Features of a normal as graph inputs, at the taps that are learned at and at the memory's. */
export function normalInputs({ backbone, taps }: Tower) {
  const compared = memoryTaps(backbone, taps);
  const stored = detectorTaps({ taps, memory: { taps: compared } });
  const inputs = featureInputs(backbone, stored, 1);
  const learnedAt = atTaps(taps, inputs, stored);
  const grid = Math.max(...learnedAt.map(({ shape }) => shape[2]!));
  const descriptors = patchDescriptors(atTaps(compared, inputs, stored), grid);
  const feeds = (features: Features) => stackFeatures([features], backbone, stored, 1);
  return { inputs, learnedAt, descriptors, feeds };
}

/**
 * A random choice of all patches of the normals, half of the memory for those of their copies if there are any, in
 * their order, and the `channelMoments` of every normal.
 */
export async function keepPatches(
  tower: Tower,
  { features: stored, relatives: { length: normals } }: MemoryNormals,
  most: number,
  seed: number,
): Promise<{ readonly bank: PatchBank; readonly moments: readonly Float32Array[] }> {
  const { inputs, descriptors, feeds } = normalInputs(tower);
  const [, patches, width] = descriptors.shape as [number, number, number];
  const random = new RandomStream(seed, 0, 0, purposes.memory);
  const ofNormals = random.shuffle([...Array(normals * patches).keys()]);
  const ofCopies = random.shuffle([...Array((stored.size - normals) * patches).keys()]);
  const copied = Math.min(ofCopies.length, Math.floor(most / 2));
  const own = ofNormals.slice(0, most - copied);
  const kept = Uint32Array.from([
    ...own,
    ...ofCopies.slice(0, most - own.length).map((patch) => normals * patches + patch),
  ]).sort();
  const rows = new Float32Array(kept.length * width);
  const session = await tower.runtime.createSession({
    bytes: writeModel({ name: 'descriptors', inputs, outputs: { descriptors, moments: channelMoments(inputs) } }),
  });
  const moments: Float32Array[] = [];
  try {
    let row = 0;
    for (let image = 0; image < stored.size; image++) {
      const outputs = await session.run(feeds(await stored.get(image)));
      const all = outputs.descriptors!.data as Float32Array;
      if (image < normals) moments.push(outputs.moments!.data as Float32Array);
      for (; row < kept.length && kept[row]! < (image + 1) * patches; row++) {
        const start = (kept[row]! - image * patches) * width;
        rows.set(all.subarray(start, start + width), row * width);
      }
    }
  } finally {
    await session.release();
  }
  const images = kept.map((patch) => normalAt(Math.floor(patch / patches), normals));
  return { bank: { rows, width, images }, moments };
}

/** Of one normal after the other, how far each patch of the bank is from the normal's nearest patch: [patches]. */
export async function* distancesToNormals(
  tower: Tower,
  { features: stored, relatives: { length: normals } }: MemoryNormals,
  { rows, width, images }: PatchBank,
): AsyncGenerator<Float32Array> {
  const { inputs, descriptors, feeds } = normalInputs(tower);
  const bank = input('bank', 'float32', [images.length, width]);
  const fed: Record<string, Tensor> = { bank: { dtype: 'float32', shape: bank.shape, data: rows } };
  const outputs = { distances: nearestOfEach(bank, descriptors) };
  const session = await tower.runtime.createSession({
    bytes: writeModel({ name: 'bank-distances', inputs: [...inputs, bank], outputs }),
  });
  try {
    for (let image = 0; image < normals; image++) {
      const { distances } = await session.run({ ...fed, ...feeds(await stored.get(image)) });
      yield distances!.data as Float32Array;
    }
  } finally {
    await session.release();
  }
}

/**
 * The rows of a bank, each made longer by how far its patch itself is from the other normals: what is unusual among the
 * normals is a landmark that forgives more around it. `distances` are those of `distancesToNormals`; `relatives` as in
 * `MemoryNormals`. The normals of `leftOut` do not count. The share of its distance by which a row grows is less the
 * fewer normals there are to measure it by, and nothing for two.
 */
export function reachingRows(
  { rows, width, images }: PatchBank,
  distances: readonly Float32Array[],
  relatives: readonly ReadonlySet<number>[],
  leftOut: ReadonlySet<number> = new Set(),
): Float32Array {
  const share = reachShare(distances.length);
  const counted = relatives.map((own) => distances.filter((_, image) => !own.has(image) && !leftOut.has(image)));
  const reaching = new Float32Array(rows.length);
  for (const [patch, image] of images.entries()) {
    let apart = counted[image]!.length > 0 ? Number.POSITIVE_INFINITY : 0;
    for (const ofImage of counted[image]!) apart = Math.min(apart, ofImage[patch]!);
    const length = 1 + share * Math.max(0, apart);
    for (let i = patch * width; i < (patch + 1) * width; i++) reaching[i] = rows[i]! * length;
  }
  return reaching;
}

/** Measured at 4 and 16 shots (`docs/accuracy.md`). */
const mostReach = 0.4;

/** Towards `mostReach` with the number of normals; half of it at six. */
const reachShare = (shots: number): number => (mostReach * Math.max(0, shots - 2)) / (shots + 2);
