import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { nvidiaSigns } from './nvidia-signs.js';

test('a provider file, a device node and the folder of the driver show that a machine is meant for CUDA', () => {
  const root = temporaryFolder();
  const provider = path.join(root, 'libonnxruntime_providers_cuda.so');
  expect(nvidiaSigns(provider, root)).toEqual([]);
  expect(nvidiaSigns(undefined, root)).toEqual([]);

  writeFileSync(provider, '');
  for (const folder of ['dev', 'proc/driver/nvidia']) mkdirSync(path.join(root, folder), { recursive: true });
  writeFileSync(path.join(root, 'dev/nvidia-modeset'), '');
  expect(nvidiaSigns(provider, root)).toEqual([provider, path.join(root, 'proc/driver/nvidia')]);

  writeFileSync(path.join(root, 'dev/nvidia0'), '');
  expect(nvidiaSigns(undefined, root)).toEqual([path.join(root, 'dev/nvidia0'), path.join(root, 'proc/driver/nvidia')]);
});
