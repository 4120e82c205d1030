import type { Backbone } from '@mediclip/backbones';
import type { TowerPrecision } from '@mediclip/contracts';
import { inHalfPrecision, type Runtime, type Session, type Value, writeModel } from '@mediclip/onnx-graph';
import { loadModel, usedWeights } from '../weight-files.js';
import { withEightBitWeights } from './eight-bit-weights.js';
import { normalise, pixelInput } from './pixels.js';

/**
 * Loads the image tower of a backbone for a batch: `pixels`, RGB bytes [batch, side, side, 3] -> `features.0`, `features.1`, ..., one per
 * tap, [batch, C, g, g] in float32.
 */
export async function openTowerSession(
  runtime: Runtime,
  backbone: Backbone,
  taps: readonly number[],
  { batch, precision }: { readonly batch: number; readonly precision: TowerPrecision },
): Promise<Session> {
  const pixels = pixelInput(backbone, batch);
  const normalised = normalise(pixels, backbone);
  const exact = backbone.imageFeatures(normalised, taps);
  const load = (features: readonly Value[], weights: Readonly<Record<string, string>>) => {
    const outputs = Object.fromEntries(features.map((tap, index) => [`features.${index}`, tap]));
    return loadModel(runtime, writeModel({ name: 'tower', inputs: [pixels], outputs }), weights);
  };
  const weights = usedWeights(backbone, exact);
  switch (precision) {
    case 'float32':
      return load(exact, weights);
    case 'float16':
      return load(inHalfPrecision(exact, [normalised]), weights);
    case 'int8':
      return withEightBitWeights(exact, weights, load);
  }
}
