import { existsSync } from 'node:fs';
import {
  type NamedTensor,
  readSafetensorsFile,
  readSafetensorsHeader,
  WeightsError,
  writeSafetensors,
} from '@mediclip/backbones';
import type { TowerPrecision } from '@mediclip/contracts';
import { writeFileWhole } from '@mediclip/files';
import { sizeOf } from '@mediclip/onnx-graph';
import { AdaptationError } from '../errors.js';
import type { ParameterSpec, Parameters } from '../graphs/parameters.js';
import type { Loss, TrainingState } from './state.js';

const tensorParts = ['parameters', 'm', 'v', 'average', 'best'] as const;

/** What a run is a function of. */
export interface RunOrigin {
  /** Digest of the options, images and weights. */
  readonly configuration: string;
  readonly precision: TowerPrecision;
}

/** Writes a training state as a safetensors file, whole or not at all. `readCheckpoint` takes the same origin only. */
export async function writeCheckpoint(
  file: string,
  state: TrainingState,
  specs: readonly ParameterSpec[],
  origin: RunOrigin,
): Promise<void> {
  const tensors = tensorParts.flatMap((part) =>
    specs.map(({ name, shape }): [string, NamedTensor] => [
      `${part}.${name}`,
      { dtype: 'F32', shape, data: state[part].get(name)! },
    ]),
  );
  const history: [string, NamedTensor][] = [
    ['progress', numbers([2], [state.step, state.bestEpoch])],
    ['losses', lossTable(state.losses)],
    ['heldOut', lossTable(state.heldOut)],
  ];
  await writeFileWhole(
    file,
    writeSafetensors([...tensors, ...history], { format: 'mediclip-checkpoint-1', ...origin }),
  );
}

/**
 * The state of a checkpoint file, or undefined when there is no file, or one of a tower of another precision: a
 * training that moves between a GPU and a processor starts again, so that its detector is a function of one of them.
 * Throws an `AdaptationError` when the file belongs to another configuration or cannot be read.
 */
export function readCheckpoint(
  file: string,
  specs: readonly ParameterSpec[],
  { configuration, precision }: RunOrigin,
): TrainingState | undefined {
  if (!existsSync(file)) return undefined;
  const { tensors, metadata } = readFile(file);
  if (metadata.configuration !== configuration) {
    throw new AdaptationError(
      'checkpoint-mismatch',
      'The checkpoint belongs to other options, images or weights: resume with the same ones, or start again elsewhere.',
    );
  }
  if ((metadata.precision ?? 'float32') !== precision) return undefined;
  const find = (name: string, length?: number): NamedTensor => {
    const tensor = tensors.get(name);
    if (!tensor || (length !== undefined && tensor.data.length !== length)) throw corrupt(file);
    return tensor;
  };
  const part = (prefix: (typeof tensorParts)[number]): Parameters =>
    new Map(specs.map(({ name, shape }) => [name, find(`${prefix}.${name}`, sizeOf(shape)).data as Float32Array]));
  const [step = 0, bestEpoch = 0] = find('progress', 2).data as Float64Array;
  return {
    step,
    bestEpoch,
    parameters: part('parameters'),
    m: part('m'),
    v: part('v'),
    average: part('average'),
    best: part('best'),
    losses: readLosses(find('losses')),
    heldOut: readLosses(find('heldOut')),
  };
}

function numbers(shape: readonly number[], data: number[]): NamedTensor {
  return { dtype: 'F64', shape, data: Float64Array.from(data) };
}

/** [losses, 3]: focal, dice, total. */
function lossTable(losses: readonly Loss[]): NamedTensor {
  return numbers(
    [losses.length, 3],
    losses.flatMap(({ focal, dice, loss }) => [focal, dice, loss]),
  );
}

function readLosses({ data }: NamedTensor): Loss[] {
  const values = data as Float64Array;
  return Array.from({ length: values.length / 3 }, (_, row) => ({
    focal: values[row * 3]!,
    dice: values[row * 3 + 1]!,
    loss: values[row * 3 + 2]!,
  }));
}

function readFile(file: string) {
  try {
    return { tensors: readSafetensorsFile(file), metadata: readSafetensorsHeader(file).metadata };
  } catch (cause) {
    if (cause instanceof WeightsError) throw corrupt(file, cause);
    throw cause;
  }
}

const corrupt = (file: string, cause?: unknown) =>
  new AdaptationError('corrupt-checkpoint', `The checkpoint ${file} is damaged: remove it and start again.`, { cause });
