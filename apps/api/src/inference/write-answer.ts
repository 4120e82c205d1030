import {
  type InferenceAnswer,
  type InferenceOutput,
  type InferenceRequest,
  inferenceHeaderLength,
  inferenceOutputs,
  type Model,
  ProblemError,
} from '@mediclip/contracts';
import { decisionOf } from '@mediclip/evaluation';
import type { AnomalyMap } from '@mediclip/maps';
import type { JsonAnswer, RawAnswer } from '../http/handlers.js';

/** An output as numbers; `shape` begins with the number of images. */
interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float64Array | Float32Array;
}

/** The outputs that a model has. */
export function outputsOf({ calibration }: Pick<Model, 'calibration'>): readonly InferenceOutput[] {
  return inferenceOutputs.filter((name) => name !== 'p_value' || calibration !== null);
}

/** The outputs that a request asks for, all that the model has when it names none. Throws `model-not-calibrated`. */
export function wantedOutputs(
  { outputs, parameters }: InferenceRequest,
  model: Pick<Model, 'calibration'>,
): { readonly name: InferenceOutput; readonly inBinary: boolean }[] {
  const byDefault = parameters?.binary_data_output === true;
  const had = outputsOf(model);
  if (outputs === undefined) return had.map((name) => ({ name, inBinary: byDefault }));
  return outputs.map(({ name, parameters: own }) => {
    if (!had.includes(name)) throw new ProblemError('model-not-calibrated');
    return { name, inBinary: own?.binary_data ?? byDefault };
  });
}

/** The answer for `maps`, one of each image: JSON, and behind it what was asked for in binary (little-endian). */
export function writeAnswer(
  { id, ...rest }: InferenceRequest,
  model: Model,
  maps: readonly AnomalyMap[],
): JsonAnswer<InferenceAnswer> | RawAnswer {
  const behind: Uint8Array[] = [];
  const outputs = wantedOutputs(rest, model).map(({ name, inBinary }) => {
    const { shape, values } = tensors[name](maps, model);
    const datatype = values instanceof Float64Array ? ('FP64' as const) : ('FP32' as const);
    const head = { name, datatype, shape: [...shape] };
    if (!inBinary) return { ...head, data: [...values] };
    behind.push(littleEndian(values));
    return { ...head, parameters: { binary_data_size: values.byteLength } };
  });
  const answer = { model_name: model.id, ...(id !== undefined && { id }), outputs };
  if (behind.length === 0) return { json: answer };
  const json = Buffer.from(JSON.stringify(answer));
  return {
    mediaType: 'application/octet-stream',
    headers: { [inferenceHeaderLength]: String(json.length) },
    bytes: Buffer.concat([json, ...behind]),
  };
}

const tensors: Record<InferenceOutput, (maps: readonly AnomalyMap[], model: Model) => Tensor> = {
  score: (maps) => ({ shape: [maps.length], values: Float64Array.from(maps, ({ score }) => score) }),
  p_value: (maps, model) => ({
    shape: [maps.length],
    values: Float64Array.from(maps, ({ score, logit }) => decisionOf(score, model, logit).pValue!),
  }),
  map(maps) {
    const side = maps[0]!.mapSide;
    const values = new Float32Array(maps.length * side * side);
    for (const [index, { map }] of maps.entries()) values.set(map, index * side * side);
    return { shape: [maps.length, side, side], values };
  },
};

function littleEndian(values: Float64Array | Float32Array): Uint8Array {
  const bytes = Buffer.alloc(values.byteLength);
  const width = values.BYTES_PER_ELEMENT;
  for (const [index, value] of values.entries()) {
    if (width === 8) bytes.writeDoubleLE(value, index * width);
    else bytes.writeFloatLE(value, index * width);
  }
  return bytes;
}
