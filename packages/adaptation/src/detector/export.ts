import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Backbone } from '@mediclip/backbones';
import { constant, type Value, writeModel } from '@mediclip/onnx-graph';
import { normalise, pixelInput } from '../tower/pixels.js';
import { placeWholeModel, usedWeights } from '../weight-files.js';
import { type Detector, detectorShape } from './detector-files.js';
import { detectorOutputs, detectorTaps, tensorShapes } from './detector-shape.js';

/** The name of an exported detector's graph in its folder. */
export const exportedModelName = 'detector.onnx';

/** A detector as one ONNX graph, and the weight files (absolute path by location) that must lie beside it. */
export interface ExportedModel {
  readonly bytes: Uint8Array;
  readonly weights: Readonly<Record<string, string>>;
}

/**
 * The detector as one model of standard operators: `pixels` [1, side, side, 3] RGB bytes in, `map` [1, side, side] and
 * `score` [1] out, normalisation and pooling included. `backbone` is the one that the detector was made with.
 */
export function exportModel(detector: Detector, backbone: Backbone): ExportedModel {
  const shape = detectorShape(detector, backbone);
  const pixels = pixelInput(backbone, 1);
  const features = backbone.imageFeatures(normalise(pixels, backbone), detectorTaps(shape));
  const tensors = new Map(
    [...tensorShapes(shape)].map(([name, extent]) => [name, constant(detector.tensors.get(name)!, extent, name)]),
  );
  const { map, score } = detectorOutputs(features, tensors, shape);
  const outputs: Record<string, Value> = { map, score };
  return {
    bytes: writeModel({ name: 'detector', inputs: [pixels], outputs }),
    weights: usedWeights(backbone, Object.values(outputs)),
  };
}

/** Writes `detector.onnx` into `folder` with its weight files beside it. */
export async function writeExportedModel(folder: string, detector: Detector, backbone: Backbone): Promise<void> {
  const { bytes, weights } = exportModel(detector, backbone);
  await mkdir(folder, { recursive: true });
  await placeWholeModel(path.join(folder, exportedModelName), bytes, weights);
}
