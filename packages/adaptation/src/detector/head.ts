import type { Backbone } from '@mediclip/backbones';
import { input, type Runtime, type Session, type Tensor, type Value, writeModel } from '@mediclip/onnx-graph';
import { anomalyMap, poolScores, stateContrast } from '../graphs/anomaly-map.js';
import { featureInputs } from '../graphs/artifacts.js';
import type { ScoringOptions } from '../options.js';
import { type Features, stackFeatures } from '../tower/features.js';
import type { DetectorTensors } from './detector-files.js';

/** What a detector says about an image. */
export interface Anomaly {
  /** 0 to 1. */
  readonly score: number;
  /** Probability of abnormal, [side, side]. */
  readonly map: Float32Array;
}

/** From features to map and score, with a detector's tensors as inputs: one session serves all detectors of the same shapes. */
export class Head {
  private constructor(
    private readonly backbone: Backbone,
    private readonly taps: readonly number[],
    private readonly session: Session,
  ) {}

  static async open(
    runtime: Runtime,
    backbone: Backbone,
    taps: readonly number[],
    scoring: ScoringOptions,
  ): Promise<Head> {
    const { embeddingWidth } = backbone;
    const features = featureInputs(backbone, taps, 1);
    const adapters = taps.map((tap, index) => ({
      weight: input(`adapter.${index}.weight`, 'float32', [embeddingWidth, backbone.tapShape(tap).channels]),
      bias: input(`adapter.${index}.bias`, 'float32', [embeddingWidth]),
    }));
    const states = input('states', 'float32', [2, embeddingWidth]);
    const outputs = headOutputs(features, adapters, states, backbone.side, scoring);
    const inputs = [...features, ...adapters.flatMap(({ weight, bias }) => [weight, bias]), states];
    const session = await runtime.createSession({ bytes: writeModel({ name: 'head', inputs, outputs }) });
    return new Head(backbone, taps, session);
  }

  async run(features: Features, { weights, biases, states }: DetectorTensors): Promise<Anomaly> {
    const { backbone, taps } = this;
    const { embeddingWidth } = backbone;
    const adapters: Record<string, Tensor> = {};
    for (const [index, tap] of taps.entries()) {
      const { channels } = backbone.tapShape(tap);
      adapters[`adapter.${index}.weight`] = float32([embeddingWidth, channels], weights[index]!);
      adapters[`adapter.${index}.bias`] = float32([embeddingWidth], biases[index]!);
    }
    const { map, score } = await this.session.run({
      ...stackFeatures([features], backbone, taps, 1),
      ...adapters,
      states: float32([2, embeddingWidth], states),
    });
    return { score: Number(score!.data[0]), map: map!.data as Float32Array };
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

const float32 = (shape: readonly number[], data: Float32Array): Tensor => ({ dtype: 'float32', shape, data });

/** Map [batch, side, side] and score [batch] of features and a detector's tensors (method, section 4). */
export function headOutputs(
  features: readonly Value[],
  adapters: readonly { weight: Value; bias: Value }[],
  states: Value,
  side: number,
  scoring: ScoringOptions,
): { map: Value; score: Value } {
  const map = anomalyMap(stateContrast(features, adapters, states), side);
  return { map, score: poolScores(map, scoring) };
}
