import type { Backbone } from '@mediclip/backbones';
import { sizeOf } from '@mediclip/onnx-graph';
import { RandomStream } from '@mediclip/synthesis';
import type { PromptOptions } from '../options.js';
import { purposes } from '../randomness.js';
import { contextName } from './prompt-learner.js';

/**
 * A trained tensor: its name in the artifacts and the checkpoint, its shape, and the distribution that it starts from.
 */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: { readonly uniform: number } | { readonly normal: number };
}

/** Named float32 tensors, in the order of their specs. */
export type Parameters = ReadonlyMap<string, Float32Array>;

const contextDeviation = 0.02;

/** Whether a parameter is one of an adapter, and no context vector. */
export const isOfAdapter = (name: string): boolean => name.startsWith('adapter.');

/**
 * The trained parameters (method.md, sections 2 and 3): one 1x1 convolution per tap, uniform in +-1/sqrt(fan in) as
 * PyTorch's Conv2d, and the context vectors of both states for every phrase position, N(0, 0.02).
 */
export function parameterSpecs(backbone: Backbone, taps: readonly number[], options: PromptOptions): ParameterSpec[] {
  const adapters = taps.flatMap((tap, index): ParameterSpec[] => {
    const { channels } = backbone.tapShape(tap);
    const initial = { uniform: 1 / Math.sqrt(channels) };
    return [
      { name: `adapter.${index}.weight`, shape: [backbone.embeddingWidth, channels], initial },
      { name: `adapter.${index}.bias`, shape: [backbone.embeddingWidth], initial },
    ];
  });
  const contexts = (['normal', 'abnormal'] as const).flatMap((state) =>
    options.phrasePositions.map((position): ParameterSpec => {
      const vectors = [options.contextTokens, backbone.textWidth];
      return {
        name: contextName(state, position),
        shape: options.classSpecificContext ? [options.prompts[state].length, ...vectors] : vectors,
        initial: { normal: contextDeviation },
      };
    }),
  );
  return [...adapters, ...contexts];
}

/** The start values: a function of the seed and each parameter's place alone. */
export function initialParameters(specs: readonly ParameterSpec[], seed: number): Parameters {
  return new Map(
    specs.map(({ name, shape, initial }, index) => {
      const random = new RandomStream(seed, 0, index, purposes.initialisation);
      const draw = () =>
        'uniform' in initial ? random.uniform(-initial.uniform, initial.uniform) : random.normal(0, initial.normal);
      return [name, Float32Array.from({ length: sizeOf(shape) }, draw)];
    }),
  );
}
