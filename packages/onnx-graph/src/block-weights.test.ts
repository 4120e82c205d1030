import { expect, test } from '@jest/globals';
import { runModel } from '@mediclip/testing';
import * as op from './index.js';

const [rows, out, width] = [3, 5, 64];
const x = op.input('x', 'float32', [rows, width]);
const feed = Float32Array.from({ length: rows * width }, (_, i) => Math.sin(i) * (i % width === 7 ? 40 : 1));
const matrix = Float32Array.from({ length: out * width }, (_, i) => Math.cos(3 * i));
const stored = op.externalConstant('float32', [out, width], { location: 'w', offset: 0, length: matrix.byteLength });

/** 128 stands for 0 and the largest number of a block for 255. */
function quantise({ shape: [n, k] }: op.StoredMatrix): op.BlockWeight {
  const blocks = new Uint8Array(n * k);
  const scales = Float32Array.from({ length: (n * k) / op.blockSize }, (_, block) => {
    const values = matrix.subarray(block * op.blockSize, (block + 1) * op.blockSize);
    const scale = Math.max(...values.map(Math.abs)) / 127;
    for (const [i, value] of values.entries()) blocks[block * op.blockSize + i] = Math.round(value / scale) + 128;
    return scale;
  });
  return {
    blocks: op.constant(blocks, [n, k / op.blockSize, op.blockSize]),
    scales: op.constant(scales, [n, k / op.blockSize]),
  };
}

async function run(y: op.Value): Promise<Float32Array> {
  const model = op.writeModel({ name: 'blocks', inputs: [x], outputs: { y } });
  const files = { w: new Uint8Array(matrix.buffer) };
  return (await runModel(model, { x: { dtype: 'float32', shape: [rows, width], data: feed } }, files)).y!.data;
}

test('a product by a stored matrix in 8 bits is the product but for a hundredth, and what follows it is kept', async () => {
  const exact = op.relu(op.add(op.matMul(x, op.transpose(stored)), op.scalar(0.5)));
  const [inBlocks] = op.withBlockWeights([exact], quantise);
  const [expected, actual] = [await run(exact), await run(inBlocks!)];
  const length = (values: Float32Array) => Math.hypot(...values);
  const error = length(expected.map((value, i) => value - actual[i]!)) / length(expected);
  expect(error).toBeLessThan(0.01);
  expect(error).toBeGreaterThan(0);
});

test('products by anything but a stored transposed matrix of whole blocks stay as they are', () => {
  const half = op.externalConstant('float16', [out, width], { location: 'w', offset: 0, length: out * width * 2 });
  const short = op.externalConstant('float32', [4, 24], { location: 'w', offset: 0, length: 4 * 24 * 4 });
  const inline = op.constant(new Float32Array(width * out), [width, out]);
  const asked: op.StoredMatrix[] = [];
  const outputs = [
    op.matMul(x, op.cast(op.transpose(half), 'float32')),
    op.matMul(x, inline),
    op.matMul(op.slice(x, 1, 0, 24), op.transpose(short)),
    op.matMul(op.slice(x, 1, 0, out), stored),
    op.matMul(x, op.transpose(x)),
  ];
  const replaced = op.withBlockWeights(outputs, (found) => {
    asked.push(found);
    return quantise(found);
  });
  expect(asked).toEqual([
    { dtype: 'float16', shape: [out, width], external: { location: 'w', offset: 0, length: 640 } },
  ]);
  expect(replaced.map((value, index) => value === outputs[index])).toEqual([false, true, true, true, true]);
});

test('shapes that do not fit are refused', () => {
  const { blocks, scales } = quantise({
    dtype: 'float32',
    shape: [out, width],
    external: { location: 'w', offset: 0, length: 0 },
  });
  expect(() => op.matMulBlocks(op.input('y', 'float32', [2, 32]), { blocks, scales })).toThrow(
    'cannot multiply float32[2, 32]',
  );
});
