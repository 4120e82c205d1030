import type { Backbone } from '@mediclip/backbones';
import {
  add,
  cast,
  constant,
  div,
  gradients,
  input,
  mul,
  pow,
  scalar,
  sqrt,
  sub,
  type Value,
  writeModel,
} from '@mediclip/onnx-graph';
import type { PromptOptions } from '../options.js';
import type { AfterTower } from '../tower/tower-session.js';
import { usedWeights } from '../weight-files.js';
import { anomalyMap, stateContrast } from './anomaly-map.js';
import { losses } from './losses.js';
import { isOfAdapter, type ParameterSpec, parameterSpecs } from './parameters.js';
import { stateEmbeddings } from './prompt-learner.js';
import type { Adapter } from './squared-lengths.js';

export interface ArtifactOptions extends PromptOptions {
  readonly taps: readonly number[];
}

/** A graph of a training configuration, and the weight files that it refers to: absolute path by location. */
export interface Artifact {
  readonly model: Uint8Array;
  readonly weights: Readonly<Record<string, string>>;
}

/**
 * The training step for a batch as a graph of standard operators: `features.N`, `masks`, `weights`, parameters ->
 * `loss`, `focal`, `dice`, `grad.NAME` per parameter. Features are [batch, C, g, g] per tap, `masks` [batch, side,
 * side] in [0, 1], `weights` [batch] as in `losses`.
 */
export function trainingArtifact(backbone: Backbone, options: ArtifactOptions, batch: number): Artifact {
  const parameters = parameterInputs(backbone, options);
  const features = featureInputs(backbone, options.taps, batch);
  const { inputs, outputs } = forwardPass(backbone, options, parameters, features);
  const { loss, focal, dice } = outputs;
  const parameterGradients = gradients(loss, [...parameters.values()]);
  const named = Object.fromEntries(
    [...parameters.keys()].map((name, index) => [`grad.${name}`, parameterGradients[index]!]),
  );
  const model = writeModel({
    name: 'training',
    inputs: [...features, ...inputs],
    outputs: { loss, focal, dice, ...named },
  });
  return { model, weights: usedWeights(backbone, Object.values(outputs)) };
}

/** The text tower alone: context vectors -> `states` [2, E]. */
export function statesArtifact(backbone: Backbone, options: ArtifactOptions): Artifact {
  const contexts = inputsOf(statesParameters(backbone, options));
  const states = stateEmbeddings(backbone, options, contexts);
  return {
    model: writeModel({ name: 'states', inputs: [...contexts.values()], outputs: { states } }),
    weights: usedWeights(backbone, [states]),
  };
}

/**
 * The losses without gradients, for states that are known: `features.N`, `masks` and `weights` as of the training step,
 * the adapters, `states` -> `loss`, `focal`, `dice`.
 */
export function evalArtifact(backbone: Backbone, options: ArtifactOptions, batch: number): Artifact {
  const features = featureInputs(backbone, options.taps, batch);
  const adapters = inputsOf(adapterParameters(backbone, options));
  const states = input('states', 'float32', [2, backbone.embeddingWidth]);
  const { inputs, outputs } = lossesOf(backbone, adapters, features, states);
  const model = writeModel({
    name: 'eval',
    inputs: [...features, ...inputs, ...adapters.values(), states],
    outputs,
  });
  return { model, weights: {} };
}

/** Of the parameters those that the states depend on. */
export function statesParameters(backbone: Backbone, options: ArtifactOptions): ParameterSpec[] {
  return parameterSpecs(backbone, options.taps, options).filter(({ name }) => !isOfAdapter(name));
}

/** Of the parameters the adapters. */
export function adapterParameters(backbone: Backbone, options: ArtifactOptions): ParameterSpec[] {
  return parameterSpecs(backbone, options.taps, options).filter(({ name }) => isOfAdapter(name));
}

const inputsOf = (specs: readonly ParameterSpec[]): ReadonlyMap<string, Value> =>
  new Map(specs.map(({ name, shape }) => [name, input(name, 'float32', shape)]));

const parameterInputs = (backbone: Backbone, options: ArtifactOptions): ReadonlyMap<string, Value> =>
  inputsOf(parameterSpecs(backbone, options.taps, options));

/**
 * The training step from features on, to be put behind an image tower: `masks`, `weights`, `step`, `learningRate`,
 * `averaging`, and `NAME`, `m.NAME`, `v.NAME`, `average.NAME` per parameter -> `loss`, `focal`, `dice`, and the latter
 * prefixed `new.`. The training and the optimiser artifact in one.
 */
export function trainingStep(backbone: Backbone, options: ArtifactOptions): AfterTower {
  return (features) => {
    const specs = parameterSpecs(backbone, options.taps, options);
    const parameters = parameterInputs(backbone, options);
    const { inputs, outputs } = forwardPass(backbone, options, parameters, features);
    const { loss, focal, dice } = outputs;
    const slopes = gradients(loss, [...parameters.values()]);
    const adam = adamStep(specs, (spec, index) => [parameters.get(spec.name)!, slopes[index]!]);
    return { inputs: [...inputs, ...adam.inputs], outputs: { loss, focal, dice, ...adam.outputs } };
  };
}

/** From features and parameters to the losses. `inputs` are all but the features. */
function forwardPass(
  backbone: Backbone,
  options: ArtifactOptions,
  parameters: ReadonlyMap<string, Value>,
  features: readonly Value[],
) {
  const states = stateEmbeddings(backbone, options, parameters);
  const { inputs, outputs } = lossesOf(backbone, parameters, features, states);
  return { inputs: [...inputs, ...parameters.values()], outputs };
}

/** From features, adapters and states to the losses. `inputs` are the labels and what each image weighs. */
function lossesOf(
  backbone: Backbone,
  parameters: ReadonlyMap<string, Value>,
  features: readonly Value[],
  states: Value,
) {
  const [batch] = features[0]!.shape as [number];
  const masks = input('masks', 'float32', [batch, backbone.side, backbone.side]);
  const weights = input('weights', 'float32', [batch]);
  const contrast = stateContrast(features, adapterInputs(parameters, features.length), states);
  const { focal, dice, total: loss } = losses(anomalyMap(contrast, backbone.side), masks, weights);
  return { inputs: [masks, weights], outputs: { loss, focal, dice } };
}

/** Model inputs `features.0`, `features.1`, ..., one per tap, [batch, C, g, g]. */
export function featureInputs(backbone: Backbone, taps: readonly number[], batch: number): Value[] {
  return taps.map((tap, index) => {
    const { channels, grid } = backbone.tapShape(tap);
    return input(`features.${index}`, 'float32', [batch, channels, grid, grid]);
  });
}

/** The adapters among the parameters, one for each of `taps` taps. */
export function adapterInputs(parameters: ReadonlyMap<string, Value>, taps: number): Adapter[] {
  return Array.from({ length: taps }, (_, index) => ({
    weight: parameters.get(`adapter.${index}.weight`)!,
    bias: parameters.get(`adapter.${index}.bias`)!,
  }));
}

const beta1 = 0.5;
const beta2 = 0.999;
const epsilon = 1e-8;

/**
 * Adam with bias correction and no weight decay (method.md, section 6), and an exponential moving average of the
 * parameters: `average <- averaging * average + (1 - averaging) * parameter`. `step` counts from 1. `step`,
 * `learningRate`, `averaging`, and `NAME`, `grad.NAME`, `m.NAME`, `v.NAME`, `average.NAME` -> the same without `grad`,
 * prefixed `new.`.
 */
export function optimizerArtifact(specs: readonly ParameterSpec[]): Artifact {
  const fed: Value[] = [];
  const { inputs, outputs } = adamStep(specs, ({ name, shape }) => {
    const pair = [input(name, 'float32', shape), input(`grad.${name}`, 'float32', shape)] as const;
    fed.push(...pair);
    return pair;
  });
  return { model: writeModel({ name: 'optimizer', inputs: [...inputs, ...fed], outputs }), weights: {} };
}

/** Adam's step on parameters and their gradients. `inputs` are the rates, the moments and the averages. */
function adamStep(
  specs: readonly ParameterSpec[],
  pairOf: (spec: ParameterSpec, index: number) => readonly [parameter: Value, gradient: Value],
) {
  const step = input('step', 'int64', []);
  const learningRate = input('learningRate', 'float32', []);
  const averaging = input('averaging', 'float32', []);
  const correction = (beta: number): Value => {
    const power = pow(constant(Float64Array.of(beta), []), cast(step, 'float64'));
    return cast(sub(constant(Float64Array.of(1), []), power), 'float32');
  };
  const correction1 = correction(beta1);
  const correction2 = correction(beta2);
  const blend = (decay: Value, before: Value, after: Value) =>
    add(mul(before, decay), mul(after, sub(scalar(1), decay)));

  const inputs = [step, learningRate, averaging];
  const outputs: Record<string, Value> = {};
  for (const [index, spec] of specs.entries()) {
    const { name, shape } = spec;
    const [parameter, gradient] = pairOf(spec, index);
    const [m, v, average] = ['m.', 'v.', 'average.'].map((prefix) => input(`${prefix}${name}`, 'float32', shape)) as [
      Value,
      Value,
      Value,
    ];
    inputs.push(m, v, average);
    const newM = blend(scalar(beta1), m, gradient);
    const newV = blend(scalar(beta2), v, mul(gradient, gradient));
    const denominator = add(sqrt(div(newV, correction2)), scalar(epsilon));
    const moved = sub(parameter, mul(learningRate, div(div(newM, correction1), denominator)));
    outputs[`new.${name}`] = moved;
    outputs[`new.m.${name}`] = newM;
    outputs[`new.v.${name}`] = newV;
    outputs[`new.average.${name}`] = blend(averaging, average, moved);
  }
  return { inputs, outputs };
}
