import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { goldenPath, temporaryFolder } from '@mediclip/testing';
import { readSafetensorsFile } from '../safetensors/read.js';
import { toFloat32 } from '../safetensors/tensor.js';

let unpacked: string | undefined;

/** Paths of the small golden CLIP's weights in both layouts. */
export function goldenClipPaths(): { readonly openClip: string; readonly huggingFace: string } {
  if (!unpacked) {
    unpacked = join(temporaryFolder(), 'open_clip_model.safetensors');
    writeFileSync(unpacked, gunzipSync(readFileSync(goldenPath('clip-tiny/open_clip/open_clip_model.safetensors.gz'))));
  }
  return { openClip: unpacked, huggingFace: goldenPath('clip-tiny/hf/model.safetensors') };
}

/** The tensors of a golden file as float32, by name. */
export function goldenTensors(name: string): (tensor: string) => { shape: readonly number[]; data: Float32Array } {
  const tensors = readSafetensorsFile(goldenPath(name));
  return (tensor) => {
    const found = tensors.get(tensor);
    if (!found) throw new Error(`${name} has no tensor ${tensor}`);
    return { shape: found.shape, data: toFloat32(found) };
  };
}
