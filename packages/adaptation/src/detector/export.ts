import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { constant, type Value, writeModel } from '@mediclip/onnx-graph';
import { normalise, pixelInput, type Tower } from '../tower/tower.js';
import { placeWholeModel, usedWeights } from '../weight-files.js';
import type { Detector } from './detector-files.js';
import { headOutputs } from './head.js';

export const exportedModelName = 'detector.onnx';

/** A detector as one ONNX graph, and the weight files (absolute path by location) that must lie beside it. */
export interface ExportedModel {
  readonly bytes: Uint8Array;
  readonly weights: Readonly<Record<string, string>>;
}

/**
 * The detector as one model of standard operators: `pixels` [1, side, side, 3] RGB bytes in, `map` [1, side, side] and
 * `score` [1] out, normalisation and pooling included. `tower` is the one that the detector was made with.
 */
export function exportModel({ description, tensors }: Detector, { backbone, taps }: Tower): ExportedModel {
  const { embeddingWidth, side } = backbone;
  const pixels = pixelInput(backbone, 1);
  const features = backbone.imageFeatures(normalise(pixels, backbone), taps);
  const adapters = taps.map((tap, index) => ({
    weight: constant(tensors.weights[index]!, [embeddingWidth, backbone.tapShape(tap).channels]),
    bias: constant(tensors.biases[index]!, [embeddingWidth]),
  }));
  const states = constant(tensors.states, [2, embeddingWidth]);
  const outputs: Record<string, Value> = {
    ...headOutputs(features, adapters, states, side, description.options.scoring),
  };
  return {
    bytes: writeModel({ name: 'detector', inputs: [pixels], outputs }),
    weights: usedWeights(backbone, Object.values(outputs)),
  };
}

/** Writes `detector.onnx` into `folder` with its weight files beside it (hard links where the file system can). */
export async function writeExportedModel(folder: string, detector: Detector, tower: Tower): Promise<void> {
  const { bytes, weights } = exportModel(detector, tower);
  await mkdir(folder, { recursive: true });
  await placeWholeModel(path.join(folder, exportedModelName), bytes, weights);
}
