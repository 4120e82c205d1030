import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { askOnnxChecker, runModel, temporaryFolder } from '@mediclip/testing';
import * as op from './index.js';

const x = op.input('x', 'float32', [2, 3]);
const feeds = { x: { dtype: 'float32' as const, shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) } };

describe('writeModel', () => {
  it('writes a model that ONNX Runtime runs', async () => {
    const weight = op.constant(Float32Array.of(1, 0, 0, 1, 1, 1), [3, 2], 'weight');
    const model = op.writeModel({ name: 'linear', inputs: [x], outputs: { y: op.matMul(x, weight) } });
    const { y } = await runModel(model, feeds);
    expect(y!.shape).toEqual([2, 2]);
    expect([...y!.data]).toEqual([4, 5, 10, 11]);
  });

  it('refers to external weights by offset and length, from bytes and from a file beside the model', async () => {
    const stored = new Uint8Array(8 + 24);
    new Float32Array(stored.buffer, 8).set([10, 20, 30, 40, 50, 60]);
    const weight = op.externalConstant('float32', [2, 3], { location: 'weights.bin', offset: 8, length: 24 });
    const y = op.add(x, weight);
    expect(op.externalLocations([y])).toEqual(['weights.bin']);
    const model = op.writeModel({ name: 'external', inputs: [x], outputs: { y } });
    const expected = [11, 22, 33, 44, 55, 66];
    expect([...(await runModel(model, feeds, { 'weights.bin': stored })).y!.data]).toEqual(expected);

    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'weights.bin'), stored);
    writeFileSync(path.join(folder, 'model.onnx'), model);
    expect([...(await runModel(path.join(folder, 'model.onnx'), feeds)).y!.data]).toEqual(expected);
  });

  it('converts half-precision and 8-bit constants in the graph', async () => {
    const half = op.cast(op.constant(Uint16Array.of(0x3c00, 0xc000, 0x3800), [3]), 'float32');
    const eighths = op.mul(op.cast(op.constant(Int8Array.of(-8, 0, 8), [3]), 'float32'), op.scalar(0.125));
    const model = op.writeModel({ name: 'types', inputs: [x], outputs: { y: op.add(op.mul(x, half), eighths) } });
    expect([...(await runModel(model, feeds)).y!.data]).toEqual([0, -4, 2.5, 3, -10, 4]);
  });

  it('gives the same bytes for the same description, and passes an output that is an input', async () => {
    const write = () => op.writeModel({ name: 'same', inputs: [x], outputs: { x_again: x, twice: op.add(x, x) } });
    expect(write()).toEqual(write());
    expect([...(await runModel(write(), feeds)).x_again!.data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('keeps names apart when an output is named like an operator or an input', async () => {
    const model = op.writeModel({ name: 'names', inputs: [x], outputs: { Add: op.add(op.add(x, x), x) } });
    expect([...(await runModel(model, feeds)).Add!.data]).toEqual([3, 6, 9, 12, 15, 18]);
  });

  it('refuses an input that is not listed', () => {
    expect(() => op.writeModel({ name: 'open', inputs: [], outputs: { y: op.exp(x) } })).toThrow(
      'the outputs need the input x, which is not listed',
    );
  });

  const check = askOnnxChecker();
  (check ? it : it.skip)('passes onnx.checker, shape inference included', () => {
    const weight = op.constant(new Float32Array(9), [3, 3]);
    const hidden = op.layerNorm(
      op.gelu(op.matMul(x, weight)),
      op.constant(new Float32Array(3), [3]),
      op.constant(new Float32Array(3), [3]),
      1e-5,
    );
    const loss = op.reduceMean(op.softmax(hidden, -1));
    const [gradient] = op.gradients(loss, [x]);
    const file = path.join(temporaryFolder(), 'model.onnx');
    writeFileSync(file, op.writeModel({ name: 'checked', inputs: [x], outputs: { loss, gradient: gradient! } }));
    expect(check!([file])).toBeUndefined();
  });
});

describe('operators', () => {
  it('refuse shapes that do not fit, naming them', () => {
    expect(() => op.add(x, op.input('b', 'float32', [4]))).toThrow('[2, 3] and [4] cannot be broadcast');
    expect(() => op.matMul(x, x)).toThrow('float32[2, 3] by float32[2, 3]');
    expect(() => op.reshape(x, [7])).toThrow('cannot be reshaped to [7]');
    expect(() => op.slice(x, 1, 2, 4)).toThrow('has no elements 2 to 4');
    expect(() => op.concat([x, op.input('b', 'float32', [2])], 0)).toThrow('cannot be joined');
    expect(() => op.constant(new Float32Array(3), [2])).toThrow('needs 2 elements, not 3');
    expect(() => op.externalConstant('float32', [2], { location: 'w', offset: 0, length: 4 })).toThrow('takes 8 bytes');
  });

  it('infer the shapes that ONNX Runtime computes', async () => {
    const image = op.input('image', 'float32', [2, 4, 7, 9]);
    const weight = op.constant(new Float32Array(6 * 2 * 3 * 3), [6, 2, 3, 3]);
    const outputs = {
      conv: op.conv(image, weight, null, { strides: [2, 2], pads: [0, 1, 1, 1], groups: 2 }),
      pool: op.averagePool(image, { kernel: [3, 3], pads: [1, 1, 1, 1] }),
      top: op.topK(image, 3),
      max: op.reduceMax(image, { axes: [2, 3] }),
      transposed: op.transpose(image),
      padded: op.pad(image, [0, 1, 0, 0], [0, 0, 2, 0]),
    };
    const results = await runModel(op.writeModel({ name: 'shapes', inputs: [image], outputs }), {
      image: { dtype: 'float32', shape: [2, 4, 7, 9], data: new Float32Array(2 * 4 * 7 * 9) },
    });
    for (const [name, value] of Object.entries(outputs))
      expect([name, results[name]!.shape]).toEqual([name, value.shape]);
  });
});
