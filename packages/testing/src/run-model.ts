export interface TestTensor {
  readonly dtype: 'float32' | 'int64' | 'int32' | 'uint8' | 'int8' | 'bool' | 'float64';
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array | Int8Array;
}

export type TestRun = (
  feeds: Readonly<Record<string, TestTensor>>,
) => Promise<Record<string, { shape: readonly number[]; data: Float32Array }>>;

/**
 * Loads an ONNX model (bytes, or a path) in onnxruntime-node on the CPU and returns a function that runs it; results
 * come as float32. `externalData` maps the `location` strings of the model to the bytes of those files.
 */
export async function openModel(
  model: Uint8Array | string,
  externalData: Readonly<Record<string, Uint8Array>> = {},
): Promise<TestRun> {
  // Loaded late: most tests of this room's users run no model.
  const ort = await import('onnxruntime-node');
  const session = await ort.InferenceSession.create(model as string, {
    executionProviders: ['cpu'],
    externalData: Object.entries(externalData).map(([path, data]) => ({ path, data })),
    // Threads that wait for work in a loop take more of the processor than these models.
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  return async (feeds) => {
    const inputs = Object.entries(feeds).map(([name, { dtype, data, shape }]) => [
      name,
      new ort.Tensor(dtype as 'float32', data as Float32Array, [...shape]),
    ]);
    const outputs = await session.run(Object.fromEntries(inputs));
    return Object.fromEntries(
      Object.entries(outputs).map(([name, tensor]) => [
        name,
        { shape: tensor.dims, data: Float32Array.from(tensor.data as Float32Array, Number) },
      ]),
    );
  };
}

/** Loads a model and runs it once. */
export async function runModel(
  model: Uint8Array | string,
  feeds: Readonly<Record<string, TestTensor>>,
  externalData: Readonly<Record<string, Uint8Array>> = {},
): ReturnType<TestRun> {
  const run = await openModel(model, externalData);
  return run(feeds);
}
