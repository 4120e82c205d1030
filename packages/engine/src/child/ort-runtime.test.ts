import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  add,
  cast,
  constant,
  externalConstant,
  input,
  matMul,
  mul,
  OutOfMemoryError,
  reduceMax,
  scalar,
  writeModel,
} from '@mediclip/onnx-graph';
import { temporaryFolder } from '@mediclip/testing';
import { openOrtRuntime } from './ort-runtime.js';

const cpu = () => openOrtRuntime({ device: 'cpu', threads: 1 });

describe('the ONNX Runtime of the engine', () => {
  test('runs a model from bytes and computes only the outputs asked for', async () => {
    const runtime = await cpu();
    const x = input('x', 'float32', [2]);
    const bytes = writeModel({ name: 'm', inputs: [x], outputs: { doubled: add(x, x), squared: mul(x, x) } });
    const session = await runtime.createSession({ bytes });
    const feeds = { x: { dtype: 'float32', shape: [2], data: Float32Array.of(3, 4) } } as const;
    expect(await session.run(feeds)).toEqual({
      doubled: { dtype: 'float32', shape: [2], data: Float32Array.of(6, 8) },
      squared: { dtype: 'float32', shape: [2], data: Float32Array.of(9, 16) },
    });
    expect(Object.keys(await session.run(feeds, ['squared']))).toEqual(['squared']);
    await session.release();
  });

  test('half precision travels as bit patterns, both ways', async () => {
    const runtime = await cpu();
    const x = input('x', 'float16', [2]);
    const y = cast(add(cast(x, 'float32'), scalar(1)), 'float16');
    const session = await runtime.createSession({ bytes: writeModel({ name: 'm', inputs: [x], outputs: { y } }) });
    const one = 0x3c00;
    const two = 0x4000;
    const three = 0x4200;
    const outputs = await session.run({ x: { dtype: 'float16', shape: [2], data: Uint16Array.of(one, two) } });
    expect(outputs.y).toEqual({ dtype: 'float16', shape: [2], data: Uint16Array.of(two, three) });
  });

  test('external weights come as bytes, or from the file beside the model', async () => {
    const runtime = await cpu();
    const x = input('x', 'float32', [1, 2]);
    const weights = externalConstant('float32', [2, 1], { location: 'weights.bin', offset: 4, length: 8 });
    const bytes = writeModel({ name: 'm', inputs: [x], outputs: { y: matMul(x, weights) } });
    const stored = new Uint8Array(Float32Array.of(0, 10, 100).buffer);
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'weights.bin'), stored);
    writeFileSync(path.join(folder, 'model.onnx'), bytes);
    const sources = [{ bytes, externalData: { 'weights.bin': stored } }, { path: path.join(folder, 'model.onnx') }];
    for (const source of sources) {
      const session = await runtime.createSession(source);
      const outputs = await session.run({ x: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) } });
      expect([...outputs.y!.data]).toEqual([210]);
    }
  });

  test('gives the same bits in every run', async () => {
    const runtime = await openOrtRuntime({ device: 'cpu', threads: 2 });
    const side = 257;
    const data = Float32Array.from({ length: side * side }, (_, i) => Math.sin(i));
    const x = input('x', 'float32', [side, side]);
    const y = matMul(x, constant(data, [side, side]));
    const bytes = writeModel({ name: 'm', inputs: [x], outputs: { y } });
    const run = async () => {
      const session = await runtime.createSession({ bytes });
      return (await session.run({ x: { dtype: 'float32', shape: [side, side], data } })).y!.data;
    };
    expect(await run()).toEqual(await run());
  });

  test('has a lane for each of several threads, which give the same bits', async () => {
    expect((await cpu()).lanes).toBeUndefined();
    const runtime = await openOrtRuntime({ device: 'cpu', threads: 3 });
    const side = 129;
    const data = Float32Array.from({ length: side * side }, (_, i) => Math.sin(i));
    const x = input('x', 'float32', [side, side]);
    const y = matMul(
      x,
      externalConstant('float32', [side, side], { location: 'w', offset: 0, length: data.byteLength }),
    );
    const bytes = writeModel({ name: 'm', inputs: [x], outputs: { y, x2: add(x, x) } });
    const model = { bytes, externalData: { w: new Uint8Array(data.buffer) } };
    const feeds = { x: { dtype: 'float32', shape: [side, side], data } } as const;
    const all = await runtime.createSession(model);
    const sessions = await Promise.all(runtime.lanes!.map((lane) => lane.createSession(model)));
    expect(sessions).toHaveLength(3);
    const expected = await all.run(feeds, ['y']);
    expect(Object.keys(expected)).toEqual(['y']);
    for (const outputs of await Promise.all(sessions.map((session) => session.run(feeds, ['y'])))) {
      expect(outputs).toEqual(expected);
    }
    await Promise.all([all, ...sessions].map((session) => session.release()));
  });

  test.each([
    ['here', () => cpu()],
    ['in the thread of a lane', async () => (await openOrtRuntime({ device: 'cpu', threads: 2 })).lanes![1]!],
  ])('says when memory runs out %s, and can be used again', async (_, open) => {
    const runtime = await open();
    const side = 2048;
    const rows = input('rows', 'float64', [side, side, 1, 1]);
    const columns = input('columns', 'float64', [1, 1, side, side]);
    const feed = (shape: number[]) =>
      ({ dtype: 'float64', shape, data: new Float64Array(side * side).fill(2) }) as const;
    const feeds = { rows: feed([side, side, 1, 1]), columns: feed([1, 1, side, side]) };
    // The product would have 2^47 bytes, which is more than addresses reach.
    const huge = await runtime.createSession({
      bytes: writeModel({
        name: 'huge',
        inputs: [rows, columns],
        outputs: { most: reduceMax(mul(rows, columns), { axes: [0, 1, 2, 3] }) },
      }),
    });
    await expect(huge.run(feeds)).rejects.toBeInstanceOf(OutOfMemoryError);
    await expect(huge.run(feeds)).rejects.toThrow('smaller batchSize');
    const small = await runtime.createSession({
      bytes: writeModel({ name: 'small', inputs: [rows], outputs: { doubled: add(rows, rows) } }),
    });
    expect((await small.run({ rows: feeds.rows })).doubled!.data[0]).toBe(4);
  });

  test('says which provider loaded, and never takes another one in silence', async () => {
    expect((await cpu()).provider).toBe('cpu');
    const auto = await openOrtRuntime({ device: 'auto', threads: 1 });
    const cuda = openOrtRuntime({ device: 'cuda', threads: 1 });
    expect(process.env.NVIDIA_TF32_OVERRIDE).toBe('0');
    if (auto.provider === 'cuda') expect((await cuda).provider).toBe('cuda');
    else await expect(cuda).rejects.toMatchObject({ name: 'EngineError', code: 'device-unavailable' });
    await expect(openOrtRuntime({ device: 'cuda:99', threads: 1 })).rejects.toThrow('cuda:99 did not load');
    await expect(openOrtRuntime({ device: 'tpu' as 'cpu', threads: 1 })).rejects.toThrow('choose auto, cpu');
  });
});
