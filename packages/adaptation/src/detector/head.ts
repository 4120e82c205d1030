import type { AnomalyMap } from '@mediclip/maps';
import { input, type Runtime, type Tensor, writeModel } from '@mediclip/onnx-graph';
import { featureInputs } from '../graphs/artifacts.js';
import { type Features, stackFeatures } from '../tower/features.js';
import { LaneSessions } from '../tower/lane-sessions.js';
import {
  type DetectorShape,
  type DetectorTensors,
  detectorOutputs,
  detectorTaps,
  tensorShapes,
} from './detector-shape.js';

/** What the graphs of a detector say of an image. */
export interface JudgedImage extends Omit<AnomalyMap, 'kinship'> {
  /** `channelMoments` of its features, of a detector with a memory. */
  readonly moments: Float32Array | undefined;
}

/** The features of an image at `detectorTaps`, and the detector that judges it. */
export interface ImageToJudge {
  readonly features: Features;
  readonly tensors: DetectorTensors;
}

/**
 * From features to map and score, with a detector's tensors as inputs: sessions serve all detectors of the same shape.
 */
export class Head {
  readonly #shape: DetectorShape;
  readonly #sessions: LaneSessions;

  constructor(runtime: Runtime, shape: DetectorShape) {
    this.#shape = shape;
    this.#sessions = new LaneSessions(runtime, (lane) => lane.createSession({ bytes: writeHead(shape) }));
  }

  /** How many images may be judged together. */
  get width(): number {
    return this.#sessions.width;
  }

  /** At most `width` images, each by its detector; the answers stand in their order. */
  async run(images: readonly ImageToJudge[]): Promise<JudgedImage[]> {
    const runs = await this.#sessions.run(images.map((image) => this.#feeds(image)));
    return runs.map(({ map, score, logit, moments }) => ({
      score: Number(score!.data[0]),
      logit: Number(logit!.data[0]),
      map: map!.data as Float32Array,
      mapSide: this.#shape.backbone.side,
      moments: moments?.data as Float32Array | undefined,
    }));
  }

  async release(): Promise<void> {
    await this.#sessions.release();
  }

  #feeds({ features, tensors }: ImageToJudge): Record<string, Tensor> {
    const feeds = stackFeatures([features], this.#shape.backbone, detectorTaps(this.#shape), 1);
    for (const [name, shape] of tensorShapes(this.#shape)) {
      feeds[name] = { dtype: 'float32', shape, data: tensors.get(name)! };
    }
    return feeds;
  }
}

function writeHead(shape: DetectorShape): Uint8Array {
  const features = featureInputs(shape.backbone, detectorTaps(shape), 1);
  const tensors = new Map([...tensorShapes(shape)].map(([name, extent]) => [name, input(name, 'float32', extent)]));
  const outputs = detectorOutputs(features, tensors, shape);
  return writeModel({ name: 'head', inputs: [...features, ...tensors.values()], outputs });
}
