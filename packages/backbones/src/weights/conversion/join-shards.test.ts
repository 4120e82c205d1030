import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { readSafetensorsFile } from '../safetensors/read.js';
import type { NamedTensor } from '../safetensors/tensor.js';
import { writeSafetensors } from '../safetensors/write.js';
import { joinShards, shardNames } from './join-shards.js';

const half: NamedTensor = { dtype: 'F16', shape: [3], data: Uint16Array.of(1, 2, 3) };
const single: NamedTensor = { dtype: 'F32', shape: [2, 1], data: Float32Array.of(1.5, -2) };
const last: NamedTensor = { dtype: 'F32', shape: [1], data: Float32Array.of(7) };

function folderWith(index: unknown): string {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, 'a.safetensors'),
    writeSafetensors([
      ['half', half],
      ['single', single],
    ]),
  );
  writeFileSync(join(folder, 'b.safetensors'), writeSafetensors([['last', last]]));
  const path = join(folder, 'model.safetensors.index.json');
  writeFileSync(path, typeof index === 'string' ? index : JSON.stringify(index));
  return path;
}

const whole = { metadata: {}, weight_map: { half: 'a.safetensors', single: 'a.safetensors', last: 'b.safetensors' } };
const target = () => join(temporaryFolder(), 'model.safetensors');

test('the shards of an index become one file', async () => {
  const index = folderWith(whole);
  expect(shardNames(index)).toEqual(['a.safetensors', 'b.safetensors']);
  const path = target();
  await joinShards(index, path);
  expect(readSafetensorsFile(path)).toEqual(
    new Map([
      ['single', single],
      ['last', last],
      ['half', half],
    ]),
  );
});

describe('refused are', () => {
  test.each<[string, unknown, RegExp]>([
    ['no JSON', '{', /it is not JSON/],
    ['another JSON', { tensors: [] }, /it has no weight_map/],
    ['an empty map', { weight_map: {} }, /it has no weight_map/],
    ['a file elsewhere', { weight_map: { half: '../a.safetensors' } }, /no safetensors file beside it/],
    [
      'a file of another kind',
      { weight_map: { half: 'pytorch_model-00001-of-00002.bin' } },
      /no safetensors file beside it/,
    ],
    ['a number for a file', { weight_map: { half: 1 } }, /no safetensors file beside it/],
    ['a file that is missing', { weight_map: { half: 'c.safetensors' } }, /Cannot open the weight file/],
    [
      'a tensor that is missing',
      { weight_map: { other: 'b.safetensors' } },
      /has no tensor "other"; fetch all files again/,
    ],
  ])('%s', async (_, index, message) => {
    await expect(joinShards(folderWith(index), target())).rejects.toThrow(message);
  });
});
