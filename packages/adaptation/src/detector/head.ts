import type { AnomalyMap } from '@mediclip/maps';
import { input, type Runtime, type Session, writeModel } from '@mediclip/onnx-graph';
import { featureInputs } from '../graphs/artifacts.js';
import { type Features, stackFeatures } from '../tower/features.js';
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

/**
 * From features to map and score, with a detector's tensors as inputs: one session serves all detectors of the same
 * shape.
 */
export class Head {
  readonly #shape: DetectorShape;
  readonly #session: Session;

  private constructor(shape: DetectorShape, session: Session) {
    this.#shape = shape;
    this.#session = session;
  }

  static async open(runtime: Runtime, shape: DetectorShape): Promise<Head> {
    const features = featureInputs(shape.backbone, detectorTaps(shape), 1);
    const tensors = new Map([...tensorShapes(shape)].map(([name, extent]) => [name, input(name, 'float32', extent)]));
    const outputs = detectorOutputs(features, tensors, shape);
    const inputs = [...features, ...tensors.values()];
    const session = await runtime.createSession({ bytes: writeModel({ name: 'head', inputs, outputs }) });
    return new Head(shape, session);
  }

  /** `features` are those at `detectorTaps`. */
  async run(features: Features, tensors: DetectorTensors): Promise<JudgedImage> {
    const feeds = stackFeatures([features], this.#shape.backbone, detectorTaps(this.#shape), 1);
    for (const [name, shape] of tensorShapes(this.#shape)) {
      feeds[name] = { dtype: 'float32', shape, data: tensors.get(name)! };
    }
    const { map, score, logit, moments } = await this.#session.run(feeds);
    return {
      score: Number(score!.data[0]),
      logit: Number(logit!.data[0]),
      map: map!.data as Float32Array,
      mapSide: this.#shape.backbone.side,
      moments: moments?.data as Float32Array | undefined,
    };
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}
