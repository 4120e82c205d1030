import { expect, test } from '@jest/globals';
import { expectClose, goldenPath } from '@mediclip/testing';
import { goldenTensors } from '../testing/golden-tensors.js';
import { runImageTower } from '../testing/run-backbone.js';
import { WeightFile } from '../weights/weight-file.js';
import { clipResNetTower } from './clip-resnet-tower.js';

const file = new WeightFile(goldenPath('clip-tiny-resnet/open_clip_visual.safetensors'));
const golden = goldenTensors('clip-tiny-resnet/taps.safetensors');

test('gives the reference taps of all four stages', async () => {
  const tower = clipResNetTower(file);
  expect(tower.side).toBe(64);
  const weights = { [file.location]: file.path };
  const taps = await runImageTower({ ...tower, weights }, golden('images'), [1, 2, 3, 4]);
  for (const [index, { shape, data }] of taps.entries()) {
    const { channels, grid } = tower.tapShape(index + 1);
    expect(shape).toEqual([1, channels, grid, grid]);
    expectClose(data, golden(`tap${index + 1}`).data, 1e-4);
  }
});

test('refuses a side that its strides do not divide', () => {
  expect(() => clipResNetTower(file, { side: 100 })).toThrow('must be a multiple of 32 pixels, not 100');
});
