/**
 * `npm run bench:revise -- FOLDER… [--seed 0] [--alpha 0.1]`: adapts to 16 normals of each folder, calibrates on every
 * other normal test image, adds the three of the others that the detector finds most abnormal, and prints what became
 * of them and of the rest, as a table in Markdown. Through the command line, as a person would. Processor seconds are
 * of all processes of the revision together, which tell on a machine that others use too.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readDataFolder } from '../apps/cli/dist/folder/data-folder.js';
import { conformalPValue, imageMetrics } from '../packages/evaluation/dist/index.js';
import { checkoutHere, mediclipOf } from './command.mjs';
import { runMeasured } from './process-tree.mjs';

const { values, positionals: folders } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '0' }, alpha: { type: 'string', default: '0.1' } },
});
if (folders.length === 0) throw new Error('Name at least one folder of images: npm run bench:revise -- FOLDER…');
const mostAdded = 3;

const mediclip = (...args) => runMeasured(process.execPath, [...mediclipOf(checkoutHere), ...args, '--json']);
const eventsOf = ({ stdout }) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** The logits of files by their names, which tell scores of 1 apart. */
async function scoresOf(model, files) {
  const events = eventsOf(await mediclip('score', model, ...files));
  return new Map(events.flatMap(({ event, file, scoreLogit }) => (event === 'score' ? [[file, scoreLogit]] : [])));
}

async function measure(folder, work) {
  const [model, revised, added] = ['model', 'revised', 'added'].map((name) => path.join(work, name));
  await mediclip('adapt', folder, '--out', model, '--seed', values.seed);
  const { test } = await readDataFolder(folder);
  const filesOf = (isAbnormal) => test.flatMap(({ file, abnormal }) => (abnormal === isAbnormal ? [file] : []));
  const [normal, abnormal] = [filesOf(false), filesOf(true)];
  const [calibration, others] = [0, 1].map((parity) => normal.filter((_, index) => index % 2 === parity));
  const before = await scoresOf(model, [...normal, ...abnormal]);
  const chosen = others.toSorted((a, b) => before.get(b) - before.get(a)).slice(0, mostAdded);
  mkdirSync(added);
  for (const file of chosen) cpSync(file, path.join(added, path.basename(file)));
  const { seconds, processorSeconds } = await mediclip('revise', model, added, '--known', folder, '--out', revised);
  const after = await scoresOf(revised, [...normal, ...abnormal]);

  const rest = [...others.filter((file) => !chosen.includes(file)), ...abnormal];
  const figures = [before, after].map((scores) => ({
    pValues: chosen.map((file) =>
      conformalPValue(
        calibration.map((one) => scores.get(one)),
        scores.get(file),
      ),
    ),
    auroc: imageMetrics(
      rest.map((file) => scores.get(file)),
      rest.map((file) => abnormal.includes(file)),
    ).auroc.value,
  }));
  return {
    name: path.basename(folder),
    calibration: calibration.length,
    rest: rest.length,
    seconds,
    processorSeconds,
    figures,
  };
}

console.log(`seed ${values.seed}, alpha ${values.alpha}`);
console.log(
  '| set | calibration / rest | p-values of the added before | after | AUROC of the rest before | after | seconds | processor |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const folder of folders) {
  const work = mkdtempSync(path.join(tmpdir(), 'mediclip-revise-'));
  try {
    const { name, calibration, rest, seconds, processorSeconds, figures } = await measure(folder, work);
    const [was, is] = figures;
    const list = (numbers) => numbers.map((value) => value.toFixed(3)).join(' ');
    const cells = [
      name,
      `${calibration} / ${rest}`,
      list(was.pValues),
      list(is.pValues),
      was.auroc.toFixed(3),
      is.auroc.toFixed(3),
      seconds.toFixed(1),
      processorSeconds.toFixed(1),
    ];
    console.log(`| ${cells.join(' | ')} |`);
    if (is.pValues.some((value) => value <= Number(values.alpha)))
      console.log(`${name}: an added image still has a p-value up to alpha.`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
