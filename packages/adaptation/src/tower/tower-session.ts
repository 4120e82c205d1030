import type { Backbone } from '@mediclip/backbones';
import type { TowerPrecision } from '@mediclip/contracts';
import {
  externalLocations,
  inHalfPrecision,
  type ModelDescription,
  type Runtime,
  type Session,
  type Value,
  withFusedAttention,
  writeModel,
} from '@mediclip/onnx-graph';
import { loadModel, usedWeights } from '../weight-files.js';
import { withEightBitWeights } from './eight-bit-weights.js';
import { normalise, pixelInput } from './pixels.js';
import { overflowOf } from './precision.js';

export interface TowerSessionOptions {
  readonly batch: number;
  readonly precision: TowerPrecision;
  /** Whether attention in half precision is one operator of ONNX Runtime. */
  readonly fusedAttention?: boolean;
}

/** The graph that begins with an image tower: from its features [batch, C, g, g] per tap on. */
export type AfterTower = (features: readonly Value[]) => {
  /** Beside `pixels`. */
  readonly inputs?: readonly Value[];
  readonly outputs: Readonly<Record<string, Value>>;
};

/** The features as they are: `features.0`, `features.1`, ..., one per tap, [batch, C, g, g] in float32. */
const featureOutputs: AfterTower = (features) => ({
  outputs: Object.fromEntries(features.map((tap, index) => [`features.${index}`, tap])),
});

/**
 * Loads the image tower of a backbone for a batch, and what comes `after` it, the features themselves when left out:
 * `pixels`, RGB bytes [batch, side, side, 3], and the inputs of `after` -> its outputs, and with half precision
 * `overflow` [batch] as of `overflowOf`.
 */
export async function openTowerSession(
  runtime: Runtime,
  backbone: Backbone,
  taps: readonly number[],
  options: TowerSessionOptions,
  after: AfterTower = featureOutputs,
): Promise<Session> {
  const tower = writeTower(backbone, taps, options);
  const load = (features: readonly Value[], towerWeights: Readonly<Record<string, string>>) => {
    const model = towerModel({ ...tower, features }, after);
    const locations = externalLocations(Object.values(model.outputs));
    const weights = locations.map((location) => [location, towerWeights[location] ?? backbone.weights[location]!]);
    return loadModel(runtime, writeModel(model), Object.fromEntries(weights));
  };
  const weights = usedWeights(backbone, tower.features);
  return options.precision === 'int8'
    ? withEightBitWeights(tower.features, weights, load)
    : load(tower.features, weights);
}

/** An image tower as graph values. */
export interface TowerValues {
  readonly pixels: Value;
  /** [batch, C, g, g] per tap, in float32. */
  readonly features: readonly Value[];
  /** [batch], with half precision. */
  readonly overflow?: Value;
}

/** The image tower of a backbone for a batch. Weights of 8 bits are put into it when it is loaded. */
export function writeTower(
  backbone: Backbone,
  taps: readonly number[],
  { batch, precision, fusedAttention = false }: TowerSessionOptions,
): TowerValues {
  const pixels = pixelInput(backbone, batch);
  const normalised = normalise(pixels, backbone);
  const exact = backbone.imageFeatures(normalised, taps);
  if (precision !== 'float16') return { pixels, features: exact };
  const features = inHalfPrecision(fusedAttention ? withFusedAttention(exact) : exact, [normalised]);
  return { pixels, features, overflow: overflowOf(features) };
}

/** A tower and what comes after it as one model. */
export function towerModel({ pixels, features, overflow }: TowerValues, after: AfterTower): ModelDescription {
  const { inputs = [], outputs } = after(features);
  return { name: 'tower', inputs: [pixels, ...inputs], outputs: { ...outputs, ...(overflow && { overflow }) } };
}
