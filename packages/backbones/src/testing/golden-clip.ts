import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { goldenPath, temporaryFolder } from '@mediclip/testing';

let unpacked: string | undefined;

/** Paths of the small golden CLIP's weights in both layouts. */
export function goldenClipPaths(): { readonly openClip: string; readonly huggingFace: string } {
  if (!unpacked) {
    unpacked = join(temporaryFolder(), 'open_clip_model.safetensors');
    writeFileSync(unpacked, gunzipSync(readFileSync(goldenPath('clip-tiny/open_clip/open_clip_model.safetensors.gz'))));
  }
  return { openClip: unpacked, huggingFace: goldenPath('clip-tiny/hf/model.safetensors') };
}
