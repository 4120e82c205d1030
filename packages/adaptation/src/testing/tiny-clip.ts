import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  type Backbone,
  openClipBackbone,
  readSafetensors,
  readSafetensorsFile,
  toFloat32,
  writeSafetensors,
} from '@mediclip/backbones';
import { goldenPath, temporaryFolder } from '@mediclip/testing';

const goldenWeights = () => gunzipSync(readFileSync(goldenPath('clip-tiny/open_clip/open_clip_model.safetensors.gz')));

const activation = 'quickgelu';

/** The CLIP with random weights of the goldens: input side 64 or another, taps 2, 3, 4 of width 64, joint width 48. */
export function openTinyClip(side = 64): Backbone {
  const weightsPath = path.join(temporaryFolder(), 'open_clip_model.safetensors');
  writeFileSync(weightsPath, goldenWeights());
  return openClipBackbone({ weightsPath, activation, side, imageHeads: 4, textHeads: 4, taps: [2, 3, 4] });
}

/** The goldens' ResNet beside the text tower of their CLIP: input side 64 or another, four stages, joint width 48. */
export function openTinyResNet(side = 64): Backbone {
  const weightsPath = path.join(temporaryFolder(), 'open_clip_model.safetensors');
  const text = [...readSafetensors(goldenWeights())].filter(([name]) => !name.startsWith('visual.'));
  const visual = readSafetensorsFile(goldenPath('clip-tiny-resnet/open_clip_visual.safetensors'));
  writeFileSync(weightsPath, writeSafetensors([...visual, ...text]));
  return openClipBackbone({ weightsPath, activation, side, textHeads: 4 });
}

/** The tensors of a golden file, by name. */
export function goldenTensors(name: string): Map<string, Float32Array> {
  return new Map([...readSafetensorsFile(goldenPath(name))].map(([key, tensor]) => [key, toFloat32(tensor)]));
}
