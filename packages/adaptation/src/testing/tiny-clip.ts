import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Backbone, openClipBackbone, readSafetensorsFile, toFloat32 } from '@mediclip/backbones';
import { goldenPath, temporaryFolder } from '@mediclip/testing';

/** The CLIP with random weights of the goldens: input side 64, taps 2, 3, 4 of width 64, joint width 48. */
export function openTinyClip(): Backbone {
  const weightsPath = path.join(temporaryFolder(), 'open_clip_model.safetensors');
  writeFileSync(
    weightsPath,
    gunzipSync(readFileSync(goldenPath('clip-tiny/open_clip/open_clip_model.safetensors.gz'))),
  );
  return openClipBackbone({ weightsPath, activation: 'quickgelu', imageHeads: 4, textHeads: 4, taps: [2, 3, 4] });
}

/** The tensors of a golden file, by name. */
export function goldenTensors(name: string): Map<string, Float32Array> {
  return new Map([...readSafetensorsFile(goldenPath(name))].map(([key, tensor]) => [key, toFloat32(tensor)]));
}
