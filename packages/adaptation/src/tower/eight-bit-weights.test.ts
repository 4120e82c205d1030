import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { blockSize, input } from '@mediclip/onnx-graph';
import { temporaryFolder, testRuntime } from '@mediclip/testing';
import fc from 'fast-check';
import { openTinyClip } from '../testing/tiny-clip.js';
import { inBlocks, withEightBitWeights } from './eight-bit-weights.js';
import { openTowerSession } from './tower-session.js';

describe('the image tower with weights in 8 bits', () => {
  const backbone = openTinyClip();
  const { side, defaultTaps: taps } = backbone;
  const data = Uint8Array.from({ length: side ** 2 * 3 }, (_, i) => 120 + 90 * Math.sin(i / 50));
  const features = async (precision: 'float32' | 'int8') => {
    const session = await openTowerSession(testRuntime, backbone, taps, { batch: 1, precision });
    const outputs = await session.run({ pixels: { dtype: 'uint8', shape: [1, side, side, 3], data } });
    await session.release();
    return taps.map((_, index) => outputs[`features.${index}`]!.data as Float32Array);
  };

  test('lies in a temporary folder where the weights have none of their own, and leaves none', async () => {
    const features = backbone.imageFeatures(input('pixels', 'float32', [1, 3, side, side]), taps);
    const elsewhere = path.join(temporaryFolder(), 'other');
    const folder = await withEightBitWeights(features, { ...backbone.weights, elsewhere }, async (_, weights) => {
      const [blocks] = Object.entries(weights).filter(([location]) => location.endsWith('.blocks'));
      expect(existsSync(blocks![1])).toBe(true);
      return path.dirname(blocks![1]);
    });
    expect(folder.startsWith(tmpdir())).toBe(true);
    expect(existsSync(folder)).toBe(false);
  });

  test('removes what a killed process left long ago, and nothing else', async () => {
    const folder = path.dirname(Object.values(backbone.weights)[0]!);
    const yesterday = Date.now() / 1000 - 86_400;
    const old = ['.mediclip-1.blocks', '.mediclip-2.onnx', 'notes.blocks'];
    const files = [...old, '.mediclip-3.blocks'].map((name) => path.join(folder, name));
    for (const file of files) writeFileSync(file, '');
    for (const file of files.slice(0, old.length)) utimesSync(file, yesterday, yesterday);
    await features('int8');
    expect(files.map(existsSync)).toEqual([false, false, true, true]);
  });

  test('gives features that are those of float32 but for two hundredths, and leaves no file', async () => {
    const before = readdirSync(path.dirname(Object.values(backbone.weights)[0]!));
    const [exact, rounded] = [await features('float32'), await features('int8')];
    for (const [index, expected] of exact.entries()) {
      const error = length(expected.map((value, i) => value - rounded[index]![i]!)) / length(expected);
      expect(error).toBeLessThan(0.02);
      expect(error).toBeGreaterThan(1e-4);
    }
    expect(readdirSync(path.dirname(Object.values(backbone.weights)[0]!))).toEqual(before);
  });
});

const length = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));

test('every number of a block is off by at most half a step', () => {
  const value = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 });
  fc.assert(
    fc.property(fc.array(value, { minLength: blockSize, maxLength: blockSize }), (numbers) => {
      const values = Float32Array.from(numbers);
      const { scales, blocks } = inBlocks(values);
      for (const [i, block] of blocks.entries()) {
        expect(Math.abs((block - 128) * scales[0]! - values[i]!)).toBeLessThanOrEqual(scales[0]! * 0.5001);
      }
    }),
  );
});
