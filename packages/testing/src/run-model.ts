import * as ort from 'onnxruntime-node';

export interface TestTensor {
  readonly dtype: 'float32' | 'int64' | 'int32' | 'uint8' | 'int8' | 'bool' | 'float64';
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array | Int8Array;
}

/**
 * Loads an ONNX model in onnxruntime-node on the CPU, runs it once and returns its outputs by name.
 * `externalData` maps the `location` strings of the model to the bytes of those files.
 */
export async function runModel(
  model: Uint8Array | string,
  feeds: Readonly<Record<string, TestTensor>>,
  externalData: Readonly<Record<string, Uint8Array>> = {},
): Promise<Record<string, { shape: readonly number[]; data: Float32Array }>> {
  const options: ort.InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    externalData: Object.entries(externalData).map(([path, data]) => ({ path, data })),
  };
  const session =
    typeof model === 'string'
      ? await ort.InferenceSession.create(model, options)
      : await ort.InferenceSession.create(model, options);
  try {
    const inputs = Object.fromEntries(
      Object.entries(feeds).map(([name, { dtype, data, shape }]) => [
        name,
        new ort.Tensor(dtype as 'float32', data as Float32Array, [...shape]),
      ]),
    );
    const outputs = await session.run(inputs);
    return Object.fromEntries(
      Object.entries(outputs).map(([name, tensor]) => [
        name,
        { shape: tensor.dims, data: Float32Array.from(tensor.data as Float32Array, Number) },
      ]),
    );
  } finally {
    await session.release();
  }
}
