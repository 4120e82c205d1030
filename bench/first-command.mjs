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

/**
 * A module that notes in `file` what of the processor the command has taken when it starts a process, and when a
 * process begins to load ONNX Runtime, when it has done so, and what of the processor it had taken before.
 */
const loadingWatch = (file) => `
  const { ChildProcess } = require('node:child_process');
  const { appendFileSync } = require('node:fs');
  const processorMs = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  const note = (facts) => appendFileSync(${JSON.stringify(file)}, JSON.stringify(facts) + '\\n');
  const { spawn } = ChildProcess.prototype;
  ChildProcess.prototype.spawn = function (...args) {
    note({ processorMs: processorMs() });
    return spawn.apply(this, args);
  };
  const open = process.dlopen;
  process.dlopen = (module, name, ...rest) => {
    if (!String(name).includes('onnxruntime')) return open.call(process, module, name, ...rest);
    const [begun, used] = [Date.now(), processorMs()];
    const opened = open.call(process, module, name, ...rest);
    note({ begun, loaded: Date.now(), processorMs: used });
    return opened;
  };
`;

/**
 * Milliseconds of `repetitions` commands: until ONNX Runtime is loaded, what command and engine take of the processor
 * until then, its library's loading, and the whole.
 */
export async function firstCommandBench({ repetitions = 5 } = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'mediclip-bench-'));
  const model = path.join(folder, 'model');
  const [watch, marks] = [path.join(folder, 'watch.cjs'), path.join(folder, 'marks')];
  writeFileSync(watch, loadingWatch(marks));
  const figures = { stateMs: [], untilLoadingMs: [], processorMs: [], libraryMs: [], wholeMs: [] };
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
      const [command, engine] = readFileSync(marks, 'utf8')
        .split('\n')
        .slice(0, 2)
        .map((line) => JSON.parse(line));
      figures.untilLoadingMs.push(engine.begun - begun);
      figures.processorMs.push(command.processorMs + engine.processorMs);
      figures.libraryMs.push(engine.loaded - engine.begun);
      figures.wholeMs.push(ended - begun);
    }
    return figures;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The same in rows. */
export function firstCommandRows(row, { stateMs, untilLoadingMs, processorMs, libraryMs, wholeMs }) {
  row('look whether a clone is built', describeSpread(stateMs), 'ms (goal: below 100)');
  row('mediclip score, until ONNX Runtime is loaded', describeSpread(untilLoadingMs, 0), 'ms (goal: below 400)');
  row('  of the processor until then, both processes', describeSpread(processorMs, 0), 'ms');
  row('  loading its library', describeSpread(libraryMs, 0), 'ms');
  row('  the whole command', describeSpread(wholeMs, 0), 'ms');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { repetitions: { type: 'string', default: '5' } } });
  const figures = await firstCommandBench({ repetitions: Number(values.repetitions) });
  firstCommandRows(rowsWith(46, 22), figures);
}
