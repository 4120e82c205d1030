/**
 * `node bench/first-command.mjs [--repetitions 5]`: how soon a command does its work. In a clone it first looks whether
 * all is built; then `mediclip score` of one image is followed until it loads ONNX Runtime, and until it ends.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stateOfSources } from '../scripts/bootstrap.mjs';
import { checkoutHere, mediclipOf } from './command.mjs';
import { rowsWith } from './rows.mjs';
import { describeSpread } from './spread.mjs';

const examples = path.join(checkoutHere, 'examples', 'brain-mri');

function mediclip(args, environment = {}) {
  const { status, stderr } = spawnSync(process.execPath, [...mediclipOf(checkoutHere), '--local', ...args], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`mediclip ${args.join(' ')} ended with status ${status}: ${stderr}`);
}

/** A module that notes in `file` when a process begins to load ONNX Runtime, and when it has done so. */
const loadingWatch = (file) => `
  const { appendFileSync } = require('node:fs');
  const open = process.dlopen;
  process.dlopen = (module, name, ...rest) => {
    if (!String(name).includes('onnxruntime')) return open.call(process, module, name, ...rest);
    const begun = Date.now();
    const opened = open.call(process, module, name, ...rest);
    appendFileSync(${JSON.stringify(file)}, JSON.stringify([begun, Date.now()]) + '\\n');
    return opened;
  };
`;

/** Milliseconds of `repetitions` commands: until ONNX Runtime is loaded, its library's loading, and the whole. */
export async function firstCommandBench({ repetitions = 5 } = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'mediclip-bench-'));
  const model = path.join(folder, 'model');
  const [watch, marks] = [path.join(folder, 'watch.cjs'), path.join(folder, 'marks')];
  writeFileSync(watch, loadingWatch(marks));
  const figures = { stateMs: [], untilLoadingMs: [], libraryMs: [], wholeMs: [] };
  try {
    mediclip(['adapt', examples, '--out', model, '--epochs', '1']);
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const looked = performance.now();
      stateOfSources();
      figures.stateMs.push(performance.now() - looked);
      writeFileSync(marks, '');
      const begun = Date.now();
      mediclip(['score', model, path.join(examples, 'test', 'abnormal', 'test-abnormal-01.png')], {
        NODE_OPTIONS: `--require ${watch}`,
      });
      const ended = Date.now();
      const [loading, loaded] = JSON.parse(readFileSync(marks, 'utf8').split('\n')[0]);
      figures.untilLoadingMs.push(loading - begun);
      figures.libraryMs.push(loaded - loading);
      figures.wholeMs.push(ended - begun);
    }
    return figures;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The same in rows. */
export function firstCommandRows(row, { stateMs, untilLoadingMs, libraryMs, wholeMs }) {
  row('look whether a clone is built', describeSpread(stateMs), 'ms (goal: below 100)');
  row('mediclip score, until ONNX Runtime is loaded', describeSpread(untilLoadingMs, 0), 'ms (goal: below 400)');
  row('  loading its library', describeSpread(libraryMs, 0), 'ms');
  row('  the whole command', describeSpread(wholeMs, 0), 'ms');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { repetitions: { type: 'string', default: '5' } } });
  const figures = await firstCommandBench({ repetitions: Number(values.repetitions) });
  firstCommandRows(rowsWith(46, 22), figures);
}
