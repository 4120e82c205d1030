import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Value, writeModel } from '@mediclip/onnx-graph';
import { runModel, temporaryFolder } from '@mediclip/testing';
import type { NamedTensor } from './safetensors/tensor.js';
import { writeSafetensors } from './safetensors/write.js';
import { WeightFile } from './weight-file.js';

const half = [0x0000, 0x3c00, 0xc000, 0x3555, 0x7bff, 0x0001]; // 0, 1, -2, about 1/3, 65504, 2^-24
const halfValues = [0, 1, -2, 0.333251953125, 65504, 2 ** -24];

const tensors: Record<string, NamedTensor> = {
  single: { dtype: 'F32', shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6.5) },
  half: { dtype: 'F16', shape: [3, 2], data: Uint16Array.from(half) },
  brain: { dtype: 'BF16', shape: [3, 2], data: Uint16Array.of(0x3f80, 0xc000, 0, 0x4049, 0x3f00, 0xbf80) },
  double: { dtype: 'F64', shape: [3, 2], data: Float64Array.of(1, 2, 3, 4, 5, 0.25) },
  words: { dtype: 'I8', shape: [3, 2], data: Int8Array.of(127, -127, 1, 2, -3, 0) },
  words_scale: { dtype: 'F32', shape: [3, 1], data: Float32Array.of(0.5, 2, 4) },
  grouped: { dtype: 'I8', shape: [2, 2, 2], data: Int8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
  grouped_scale: { dtype: 'F16', shape: [2, 2, 1], data: Uint16Array.of(0x3c00, 0x4000, 0x3800, 0xbc00) },
};

const expected: Record<string, { shape: number[]; values: number[] }> = {
  single: { shape: [3, 2], values: [1, 2, 3, 4, 5, 6.5] },
  half: { shape: [3, 2], values: halfValues },
  brain: { shape: [3, 2], values: [1, -2, 0, 3.140625, 0.5, -1] },
  double: { shape: [3, 2], values: [1, 2, 3, 4, 5, 0.25] },
  words: { shape: [3, 2], values: [63.5, -63.5, 2, 4, -12, 0] },
  grouped: { shape: [2, 4], values: [1, 2, 6, 8, 2.5, 3, -7, -8] },
};

const path = join(temporaryFolder(), 'weights.safetensors');
writeFileSync(path, writeSafetensors(new Map(Object.entries(tensors))));
const file = new WeightFile(path);

describe('a tensor in a graph has the values of the file', () => {
  test.each(Object.keys(expected))('%s', async (name) => {
    const { shape, values } = expected[name]!;
    expect(file.shape(name)).toEqual(shape);
    expect(await valuesOf(file.constant(name, shape))).toEqual(values);
  });

  test.each(['single', 'half', 'brain', 'double'])('rows of %s', async (name) => {
    expect(await valuesOf(file.rowsConstant(name, [3, 2], 1, 3))).toEqual(expected[name]!.values.slice(2));
  });
});

describe('numbers', () => {
  test.each(['single', 'half', 'brain', 'double'])('%s', (name) => {
    expect([...file.numbers(name)]).toEqual(expected[name]!.values);
  });

  test.each(['single', 'half', 'brain', 'double', 'words'])('rows of %s in any order, repeated', (name) => {
    const { values } = expected[name]!;
    const row = (index: number) => values.slice(2 * index, 2 * index + 2);
    expect([...file.rows(name, [2, 0, 2])]).toEqual([...row(2), ...row(0), ...row(2)]);
  });
});

test('the same tensor is one constant however often it is asked for', () => {
  expect(file.constant('half', [3, 2])).toBe(file.constant('half', [3, 2]));
  expect(file.rowsConstant('half', [3, 2], 0, 1)).toBe(file.rowsConstant('half', [3, 2], 0, 1));
});

test('graphs refer to the file and hold no copy of it', () => {
  const large = join(temporaryFolder(), 'large.safetensors');
  const data = new Uint16Array(100_000);
  writeFileSync(large, writeSafetensors(new Map([['large', { dtype: 'F16', shape: [data.length], data }]])));
  const value = new WeightFile(large).constant('large', [data.length]);
  expect(writeModel({ name: 'large', inputs: [], outputs: { value } }).length).toBeLessThan(1000);
});

describe('refusals', () => {
  test('a missing tensor', () => {
    expect(() => file.constant('other', [1])).toThrow(/has no tensor "other"; check that the file belongs/);
  });

  test('another shape', () => {
    expect(() => file.constant('single', [2, 3])).toThrow(/"single" is \[3, 2\] and should be \[2, 3\]/);
  });

  test('8-bit numbers without scales', () => {
    const bare = join(temporaryFolder(), 'bare.safetensors');
    writeFileSync(bare, writeSafetensors(new Map([['words', tensors.words!]])));
    expect(() => new WeightFile(bare).constant('words', [3, 2])).toThrow(/has no tensor "words_scale"/);
  });
});

async function valuesOf(value: Value): Promise<number[]> {
  const model = writeModel({ name: 'constant', inputs: [], outputs: { value } });
  const results = await runModel(model, {}, { [file.location]: readFileSync(path) });
  return [...results.value!.data];
}
