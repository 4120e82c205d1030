import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { add, externalConstant, type ModelSource, type Runtime, writeModel } from '@mediclip/onnx-graph';
import { temporaryFolder, testRuntime } from '@mediclip/testing';
import { loadModel, placeModel, weightBytes } from './weight-files.js';

/** Two weight files, in one folder or in two, and a model that adds what they hold. */
function twoFiles(folders: readonly [string, string]) {
  const root = temporaryFolder();
  const weights: Record<string, string> = {};
  const values = [Float32Array.of(1, 2), Float32Array.of(10, 20)].map((data, index) => {
    const location = `${index}.bin`;
    mkdirSync(path.join(root, folders[index]!), { recursive: true });
    weights[location] = path.join(root, folders[index]!, location);
    writeFileSync(weights[location]!, data);
    return externalConstant('float32', [2], { location, offset: 0, length: 8 });
  });
  const model = writeModel({ name: 'sum', inputs: [], outputs: { sum: add(values[0]!, values[1]!) } });
  return { root, weights, model };
}

/** Remembers how models were given. */
function watchingRuntime(): { runtime: Runtime; given: ModelSource[] } {
  const given: ModelSource[] = [];
  const createSession: Runtime['createSession'] = (model) => {
    given.push(model);
    return testRuntime.createSession(model);
  };
  return { runtime: { provider: 'cpu', createSession }, given };
}

const always = 0;

describe('a model with weight files', () => {
  test('of a few bytes is given as bytes', async () => {
    const { weights, model } = twoFiles(['a', 'a']);
    const { runtime, given } = watchingRuntime();
    const { sum } = await (await loadModel(runtime, model, weights)).run({});
    expect([...sum!.data]).toEqual([11, 22]);
    expect(given).toEqual([{ bytes: model, externalData: expect.anything() }]);
    expect(await weightBytes(weights)).toBe(16);
  });

  test('that are large is read from their folder, and leaves nothing there', async () => {
    const { root, weights, model } = twoFiles(['a', 'a']);
    const { runtime, given } = watchingRuntime();
    const { sum } = await (await loadModel(runtime, model, weights, always)).run({});
    expect([...sum!.data]).toEqual([11, 22]);
    expect(path.dirname((given[0] as { path: string }).path)).toBe(path.join(root, 'a'));
    expect(readdirSync(path.join(root, 'a'))).toEqual(['0.bin', '1.bin']);
  });

  test('that are large and have no folder of their own is read from links to them', async () => {
    const { root, weights, model } = twoFiles(['a', 'b']);
    const { runtime, given } = watchingRuntime();
    const { sum } = await (await loadModel(runtime, model, weights, always)).run({});
    expect([...sum!.data]).toEqual([11, 22]);
    expect((given[0] as { path: string }).path.startsWith(root)).toBe(false);
    expect([readdirSync(path.join(root, 'a')), readdirSync(path.join(root, 'b'))]).toEqual([['0.bin'], ['1.bin']]);
  });

  test('is placed beside the weights of now, whichever were there before', async () => {
    const { root, weights, model } = twoFiles(['a', 'b']);
    const file = path.join(root, 'work', 'model.onnx');
    mkdirSync(path.dirname(file));
    const sumOfPlaced = async () => [
      ...(await (await placeModel(testRuntime, file, model, weights)).run({})).sum!.data,
    ];
    expect(await sumOfPlaced()).toEqual([11, 22]);
    expect(await sumOfPlaced()).toEqual([11, 22]);
    const replacement = path.join(root, 'new.bin');
    writeFileSync(replacement, Float32Array.of(3, 4));
    renameSync(replacement, weights['0.bin']!);
    expect(await sumOfPlaced()).toEqual([13, 24]);
    expect(readdirSync(path.dirname(file)).sort()).toEqual(['0.bin', '1.bin', 'model.onnx']);
  });

  test('leaves nothing behind when it cannot be loaded', async () => {
    const { root, weights, model } = twoFiles(['a', 'a']);
    await expect(loadModel(testRuntime, model.subarray(0, 40), weights, always)).rejects.toThrow();
    expect(readdirSync(path.join(root, 'a'))).toEqual(['0.bin', '1.bin']);
  });
});
