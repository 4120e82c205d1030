/**
 * `npm run accuracy -- FOLDER… [--seeds 0,1,2] [--shots 16] [--preset default] [--options FILE]`: adapts and evaluates
 * with every seed on every folder, through the command line as a person would, and prints a table in Markdown.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runMeasured } from './process-tree.mjs';

const cli = fileURLToPath(new URL('../bin/mediclip.mjs', import.meta.url));
const { values, positionals: folders } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '0,1,2' },
    shots: { type: 'string', default: '16' },
    preset: { type: 'string', default: 'default' },
    options: { type: 'string' },
  },
});
if (folders.length === 0) throw new Error('Name at least one folder of images: npm run accuracy -- FOLDER…');

const mediclip = (...args) => runMeasured(process.execPath, [cli, ...args, '--json']);
const lastLine = (text) => JSON.parse(text.trimEnd().split('\n').at(-1));

async function measure(folder, seed, model) {
  const { shots, preset, options } = values;
  const flags = ['--shots', shots, '--seed', seed, '--preset', preset, ...(options ? ['--options', options] : [])];
  const { seconds, peakBytes } = await mediclip('adapt', folder, '--out', model, ...flags);
  const { images, pixels, figures } = lastLine((await mediclip('evaluate', model, folder)).stdout);
  rmSync(model, { recursive: true });
  return { images, pixels, withoutCopies: figures.audit.withoutCopies, seconds, peakBytes };
}

const mean = (numbers) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
const list = (numbers) => numbers.map((value) => value.toFixed(3)).join(' ');
/** The seeds' mean, their own values, and the mean of the bounds of those that have a 95 % interval. */
const figure = (runs, pick) => {
  const figures = runs.map(pick).filter((figure) => figure?.defined);
  if (figures.length === 0) return '-';
  const values = figures.map(({ value }) => value);
  const intervals = figures.map(({ interval }) => interval).filter(({ defined }) => defined);
  const bounds = ['low', 'high'].map((bound) => mean(intervals.map((interval) => interval[bound])).toFixed(3));
  return `${mean(values).toFixed(3)} (${list(values)}) [${intervals.length > 0 ? bounds.join(', ') : 'none'}]`;
};
/** The AUROC without copies in the form of the other figures; undefined where an audit has found none. */
const withoutCopies = ({ withoutCopies: { leftOut, auroc } }) => {
  if (leftOut === 0) return undefined;
  const { value, interval } = auroc;
  return { defined: value !== null, value, interval: { defined: interval !== undefined, ...interval } };
};

const work = mkdtempSync(path.join(tmpdir(), 'mediclip-accuracy-'));
try {
  console.log(
    `shots ${values.shots}, seeds ${values.seeds}, preset ${values.preset}${values.options ? ', own options' : ''}`,
  );
  console.log(
    '| set | normal / abnormal | image AUROC | without copies | average precision | F1-max | pixel AUROC | seconds | peak MiB |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|');
  for (const folder of folders) {
    const runs = [];
    for (const seed of values.seeds.split(',')) runs.push(await measure(folder, seed, path.join(work, 'model')));
    const { normalImages, abnormalImages } = runs[0].images;
    const cells = [
      path.basename(folder),
      `${normalImages} / ${abnormalImages}`,
      figure(runs, ({ images }) => images.auroc),
      figure(runs, withoutCopies),
      figure(runs, ({ images }) => images.averagePrecision),
      figure(runs, ({ images }) => images.f1Max),
      figure(runs, ({ pixels }) => pixels?.auroc),
      mean(runs.map(({ seconds }) => seconds)).toFixed(0),
      Math.max(...runs.map(({ peakBytes }) => Math.round(peakBytes / 2 ** 20))),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
