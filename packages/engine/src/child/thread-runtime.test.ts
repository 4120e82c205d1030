import { describe, expect, test } from '@jest/globals';
import { add, input, type Runtime, writeModel } from '@mediclip/onnx-graph';
import { threadRuntime } from './thread-runtime.js';

const x = input('x', 'float32', [2]);
const bytes = writeModel({ name: 'm', inputs: [x], outputs: { doubled: add(x, x) } });
const doubled = async (runtime: Runtime, data: Float32Array) => {
  const session = await runtime.createSession({ bytes });
  try {
    return (await session.run({ x: { dtype: 'float32', shape: [data.length], data } })).doubled!.data;
  } finally {
    await session.release();
  }
};

describe('a runtime in a thread', () => {
  test('computes there, and leaves what it is fed to its caller', async () => {
    const data = Float32Array.of(1, 2);
    expect(await doubled(threadRuntime(), data)).toEqual(Float32Array.of(2, 4));
    expect(data).toEqual(Float32Array.of(1, 2));
  });

  test('tells of a run that fails, and goes on', async () => {
    const runtime = threadRuntime();
    await expect(doubled(runtime, Float32Array.of(1, 2, 3))).rejects.toThrow('invalid dimensions');
    expect(await doubled(runtime, Float32Array.of(3, 4))).toEqual(Float32Array.of(6, 8));
  });

  test('is busy while one of its sessions computes', async () => {
    const runtime = threadRuntime();
    const session = await runtime.createSession({ bytes });
    const run = (data: Float32Array) => session.run({ x: { dtype: 'float32', shape: [data.length], data } });
    expect(runtime.isBusy).toBe(false);
    const runs = [run(Float32Array.of(1, 2)), run(Float32Array.of(1, 2, 3))];
    expect(runtime.isBusy).toBe(true);
    await runs[0];
    expect(runtime.isBusy).toBe(true);
    await expect(runs[1]).rejects.toThrow('invalid dimensions');
    expect(runtime.isBusy).toBe(false);
    await session.release();
  });

  test('computes beside others: sessions that threads make, run and release at once keep their numbers', async () => {
    const runtimes = Array.from({ length: 3 }, () => threadRuntime());
    const sums = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const [one, other] = await doubled(runtimes[index % runtimes.length]!, Float32Array.of(index, -index));
        return Number(one) - Number(other);
      }),
    );
    expect(sums).toEqual(Array.from({ length: 60 }, (_, index) => 4 * index));
  });

  test('leaves its work to the calling thread where it cannot start', async () => {
    const runtime = threadRuntime(new URL('file:///no/such/thread.js'));
    expect(await doubled(runtime, Float32Array.of(1, 2))).toEqual(Float32Array.of(2, 4));
  });
});
