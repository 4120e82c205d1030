import { readFileSync } from 'node:fs';
import { goldenPath } from '@mediclip/testing';

/** An input image of `golden/preprocess`. */
export function goldenInput(name: string): Buffer {
  return readFileSync(goldenPath(`preprocess/input/${name}`));
}
