import { availableParallelism } from 'node:os';
import { openOrtRuntime } from '@mediclip/engine/direct';
import { constant, input, matMul, writeModel } from '@mediclip/onnx-graph';
import { device } from './options.mjs';

const side = 2048;
const runs = 5;

/** GFLOP/s of a product of two float32 matrices of 2048 x 2048 through ONNX Runtime on the CPU, the best of a few. */
export async function matrixBench() {
  const runtime = await openOrtRuntime({ device, threads: availableParallelism() });
  const x = input('x', 'float32', [side, side]);
  const data = Float32Array.from({ length: side * side }, (_, i) => (i % 7) - 3);
  const product = matMul(x, constant(data, [side, side]));
  const session = await runtime.createSession({
    bytes: writeModel({ name: 'product', inputs: [x], outputs: { product } }),
  });
  const feeds = { x: { dtype: 'float32', shape: [side, side], data } };
  await session.run(feeds);
  let best = Infinity;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await session.run(feeds);
    best = Math.min(best, performance.now() - start);
  }
  await session.release();
  return (2 * side ** 3) / best / 1e6;
}
