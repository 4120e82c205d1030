import { noisePng } from '../../end-to-end/testing/large-archive.js';
import { greyPng } from '../../testing/png.js';
import type { Draws } from './draws.js';

export const texts = ['train', 'test', 'normal', 'abnormal', '', '\0', 'x'.repeat(2000)] as const;

const keys = ['name', 'datasetId', 'modelId', 'options', 'shots', '__proto__', 'alpha', 'training', 'prompts'];
const signatures = ['BM', 'GIF89a', 'II*\0', '\xff\xd8\xff', 'RIFF'];

/** A JSON value, nested at most `depth` deep. */
export function value(draws: Draws, depth: number): unknown {
  const kind = draws.below(depth > 0 ? 7 : 5);
  if (kind === 5) return Array.from({ length: draws.below(5) }, () => value(draws, depth - 1));
  if (kind === 6) {
    return Object.fromEntries(
      Array.from({ length: draws.below(6) }, () => [draws.pick(keys), value(draws, depth - 1)]),
    );
  }
  return [null, draws.chance(0.5), (draws.share() - 0.5) * 10 ** draws.below(300), draws.pick(texts), 1e308][kind];
}

/** Bytes that say they are an image: a good one, one that says it is larger than it is, or a good beginning. */
export function image(draws: Draws): Buffer {
  switch (draws.below(4)) {
    case 0:
      return noisePng(1 + draws.below(40));
    case 1:
      return greyPng(1 + draws.below(9000), 1 + draws.below(9000), draws.below(100_000));
    case 2:
      return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), draws.bytes(draws.below(400))]);
    default:
      return Buffer.concat([Buffer.from(draws.pick(signatures), 'latin1'), draws.bytes(draws.below(400))]);
  }
}
