import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { withSums, zip as zipOf } from '../../end-to-end/testing/exported-files.js';
import type { Draws } from './draws.js';
import { image, value } from './values.js';

const entryNames = [
  'train/normal/a.png',
  'test/abnormal/b.png',
  'SHA256SUMS',
  'model.json',
  'detector.json',
  'detector.safetensors',
  'samples/train.json',
  'n'.repeat(300),
] as const;

/** A zip of files that an archive may have. */
export function zip(draws: Draws): Promise<Buffer> {
  return zipOf(new Map(drawnNames(draws).map((name) => [name, content(draws)])));
}

/** As `zip`, a tar. */
export function tar(draws: Draws): Promise<Buffer> {
  const archive = pack();
  for (const name of drawnNames(draws)) archive.entry({ name }, content(draws));
  archive.finalize();
  return buffer(archive);
}

/**
 * An export whose digests all fit, of `files` (`model.json` and the detector's two), with one change in the record, in
 * the description of the detector, or in its tensors.
 */
export function changedExport(draws: Draws, files: ReadonlyMap<string, Buffer>): Promise<Buffer> {
  const name = draws.pick(['model.json', 'model.json', 'model.json', 'detector.json', 'detector.safetensors']);
  const given = files.get(name)!;
  const changed = name.endsWith('.json') ? Buffer.from(changedJson(draws, given.toString())) : draws.damaged(given);
  return zipOf(withSums(new Map([...files, [name, changed]])));
}

/** JSON in which one member, at any depth, has another value. */
function changedJson(draws: Draws, text: string): string {
  const whole = JSON.parse(text) as Record<string, unknown>;
  let at = whole;
  for (;;) {
    const key = draws.pick(Object.keys(at));
    const inner = at[key];
    const isObject = typeof inner === 'object' && inner !== null && Object.keys(inner).length > 0;
    if (isObject && draws.chance(0.7)) at = inner as Record<string, unknown>;
    else {
      at[key] = draws.chance(0.2) ? Array.from({ length: 20_000 }, () => draws.below(2)) : value(draws, 2);
      return JSON.stringify(whole);
    }
  }
}

const drawnNames = (draws: Draws) => [...new Set(Array.from({ length: draws.below(6) }, () => draws.pick(entryNames)))];

const content = (draws: Draws): Buffer =>
  draws.chance(0.5) ? image(draws) : Buffer.from(JSON.stringify(value(draws, 3)).repeat(1 + draws.below(20)));
