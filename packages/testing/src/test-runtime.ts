import type { InferenceSession, Tensor } from 'onnxruntime-node';

interface TestTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Tensor['data'];
}

function runtimeWith(graphOptimizationLevel: NonNullable<InferenceSession.SessionOptions['graphOptimizationLevel']>) {
  return {
    provider: 'cpu',
    async createSession(
      model: { bytes: Uint8Array; externalData?: Readonly<Record<string, Uint8Array>> } | { path: string },
    ) {
      // Loaded late: most tests of this room's users run no model.
      const ort = await import('onnxruntime-node');
      const externalData =
        'path' in model ? [] : Object.entries(model.externalData ?? {}).map(([path, data]) => ({ path, data }));
      const options = {
        executionProviders: ['cpu'],
        externalData,
        graphOptimizationLevel,
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
      };
      const session = await ('path' in model
        ? ort.InferenceSession.create(model.path, options)
        : ort.InferenceSession.create(model.bytes, options));
      return {
        // biome-ignore lint/suspicious/noExplicitAny: this room stands before the one that names the tensor type.
        async run(feeds: Readonly<Record<string, TestTensor>>, fetches?: readonly string[]): Promise<any> {
          const inputs = Object.entries(feeds).map(([name, { dtype, shape, data }]) => [
            name,
            new ort.Tensor(dtype as 'float32', data as Float32Array, [...shape]),
          ]);
          const outputs = await (fetches
            ? session.run(Object.fromEntries(inputs), [...fetches])
            : session.run(Object.fromEntries(inputs)));
          return Object.fromEntries(
            Object.entries(outputs).map(([name, { type, dims, data }]) => [name, { dtype: type, shape: dims, data }]),
          );
        },
        release: () => session.release(),
      };
    },
  };
}

/** A runtime on the CPU in the test's own process, of the shape that the rooms' `Runtime` port asks for. */
export const testRuntime = runtimeWith('all');

/**
 * The same without ONNX Runtime's optimisation of graphs, which takes longer than a few runs of a small model: for
 * tests of what goes on around the sessions.
 */
export const quickRuntime = runtimeWith('disabled');
