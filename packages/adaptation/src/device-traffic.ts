import type { Backbone } from '@mediclip/backbones';
import type { AdaptationOptions } from '@mediclip/contracts';
import { type ElementType, type ModelDescription, sizeOf, type Value } from '@mediclip/onnx-graph';
import { type DetectorShape, detectorTaps, tensorShapes } from './detector/detector-shape.js';
import { detectorAfter } from './detector/device-scorer.js';
import { trainingStep } from './graphs/artifacts.js';
import { parameterSpecs } from './graphs/parameters.js';
import { memoryTaps, usesMemory } from './graphs/patch-memory.js';
import { towerModel, writeTower } from './tower/tower-session.js';

/** Bytes that one run carries to a device and back. */
interface Traffic {
  readonly upBytes: number;
  readonly downBytes: number;
}

/** What training and scoring carry to and from a device that is far from the process, such as a GPU. */
export interface DeviceTraffic {
  /** A training step, parameters and Adam's moments left out. */
  readonly step: Traffic;
  /** Parameters, moments and averages of a training step. */
  readonly parameters: Traffic;
  /** A batch of scored images. */
  readonly scoring: Traffic;
}

/** By the shapes of the graphs' inputs and outputs, for a batch of so many images in half precision. */
export function deviceTraffic(backbone: Backbone, options: AdaptationOptions, batch: number): DeviceTraffic {
  const taps = options.taps ?? backbone.defaultTaps;
  const precision = 'float16';
  const step = towerModel(
    writeTower(backbone, taps, { batch, precision }),
    trainingStep(backbone, { ...options, taps }),
  );
  const names = parameterSpecs(backbone, taps, options).map(({ name }) => name);
  const isParameter = (name: string) => names.some((parameter) => name === parameter || name.endsWith(`.${parameter}`));

  const { scoring } = options;
  const memory = usesMemory(scoring) ? { taps: memoryTaps(backbone, taps), patches: scoring.memoryPatches } : undefined;
  const shape: DetectorShape = { backbone, taps, scoring, memory };
  const tensors = new Map([...tensorShapes(shape)].map(([name, extent]) => [name, new Float32Array(sizeOf(extent))]));
  const tower = writeTower(backbone, detectorTaps(shape), { batch, precision });
  return {
    step: trafficOf(step, (name) => !isParameter(name)),
    parameters: trafficOf(step, isParameter),
    scoring: trafficOf(towerModel(tower, detectorAfter(shape, tensors)), () => true),
  };
}

function trafficOf({ inputs, outputs }: ModelDescription, counts: (name: string) => boolean): Traffic {
  const named = inputs.map((value): [string, Value] => [value.origin.kind === 'input' ? value.origin.name : '', value]);
  const sum = (values: readonly (readonly [string, Value])[]) =>
    values.reduce(
      (bytes, [name, { dtype, shape }]) => bytes + (counts(name) ? elementBytes[dtype] * sizeOf(shape) : 0),
      0,
    );
  return { upBytes: sum(named), downBytes: sum(Object.entries(outputs)) };
}

const elementBytes: Readonly<Record<ElementType, number>> = {
  float64: 8,
  int64: 8,
  float32: 4,
  int32: 4,
  float16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};
