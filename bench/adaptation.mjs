/**
 * `node bench/adaptation.mjs [--against CHECKOUT] [--repetitions 5] [--epochs 50]`: what `mediclip adapt
 * examples/brain-mri` takes, all processes together, in turns with that of another built checkout. Processor time is
 * what tells on a machine that others use too; under `taskset -c 0` no thread of it waits for another.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkoutHere, mediclipOf } from './command.mjs';
import { runMeasured } from './process-tree.mjs';
import { rowsWith } from './rows.mjs';
import { describeSpread, spreadOf } from './spread.mjs';

/** Seconds of the clock and of the processor that an adaptation in a built checkout took, its processes together. */
async function adaptIn(checkout, epochs) {
  const folder = mkdtempSync(path.join(tmpdir(), 'mediclip-bench-'));
  const args = ['adapt', path.join(checkoutHere, 'examples', 'brain-mri'), '--out', path.join(folder, 'model')];
  const node = [...mediclipOf(checkout), ...args, '--json', '--epochs', `${epochs}`];
  try {
    return await runMeasured(process.execPath, node);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Figures of `repetitions` adaptations here and, in turns with them, in the checkout `against` if there is one. */
export async function adaptationBench({ against, repetitions = 5, epochs = 50 } = {}) {
  const ours = [];
  const theirs = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    if (against !== undefined) theirs.push(await adaptIn(path.resolve(against), epochs));
    ours.push(await adaptIn(checkoutHere, epochs));
  }
  return { ours, theirs };
}

/** Prints a row for the processor's time and one for the clock's. */
export function adaptationRows(row, { ours, theirs }) {
  for (const [name, of] of [
    ['processor time', ({ processorSeconds }) => processorSeconds],
    ['clock', ({ seconds }) => seconds],
  ]) {
    row(`adapt examples/brain-mri, ${name}`, describeSpread(ours.map(of)), 's');
    if (theirs.length === 0) continue;
    const ratio = spreadOf(ours.map(of)).median / spreadOf(theirs.map(of)).median;
    row('  the same in the other checkout', describeSpread(theirs.map(of)), `s; ratio ${ratio.toFixed(2)}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      against: { type: 'string' },
      repetitions: { type: 'string', default: '5' },
      epochs: { type: 'string', default: '50' },
    },
  });
  const { against, repetitions, epochs } = values;
  const figures = await adaptationBench({ against, repetitions: Number(repetitions), epochs: Number(epochs) });
  adaptationRows(rowsWith(46, 22), figures);
}
