/**
 * `npm run bench`: what training and scoring cost on this machine; `npm run bench -- --device cuda` on its GPU. With
 * `--against CHECKOUT` an adaptation is measured beside another built checkout, and with `--python PYTHON` DICOM beside
 * pydicom and the service beside one of PyTorch. All figures come from one run, so that their ratios hold where
 * absolute times drift. The first figure tells how fast the machine multiplies matrices, to compare machines by.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { adaptationBench, adaptationRows } from './adaptation.mjs';
import { firstCommandBench, firstCommandRows } from './first-command.mjs';
import { matrixBench } from './matrix.mjs';
import { memoryBench } from './memory.mjs';
import { against, device, python } from './options.mjs';
import { rowsWith } from './rows.mjs';
import { scorePathBench, scorePathRows } from './score-path.mjs';
import { scoringBench } from './scoring.mjs';
import { serviceBench, shadowRows, whileAdaptingRows } from './service.mjs';
import { synthesisBench } from './synthesis.mjs';
import { trafficBench, trafficRows } from './traffic.mjs';
import { trainingBench } from './training.mjs';

const row = rowsWith(56, 9);
const number = (value, digits = 1) => value.toFixed(digits);

row('device', device, '');
row('float32 matrix product, 2048 x 2048', number(await matrixBench()), 'GFLOP/s');

const { millisecondsPerSample } = await synthesisBench();
row('synthesis, default mix, one core', number(millisecondsPerSample, 2), 'ms a sample (goal: at most 8)');

const { stepMs, synthesisMs, towerMs, headMs, optimizerMs } = await trainingBench();
row('training step, 8 images, lite', number(stepMs), 'ms');
for (const [name, milliseconds] of [
  ['waiting for synthesis', synthesisMs],
  ['image tower', towerMs],
  ['head and text tower, forward and backward', headMs],
  ['optimiser', optimizerMs],
]) {
  row(`  ${name}`, number(milliseconds), `ms (${number((100 * milliseconds) / stepMs, 0)} %)`);
}

trafficRows(row, trafficBench());

const { perSecond1, perSecond8, perSecondRepeated } = await scoringBench();
row('scoring, batch 1', number(perSecond1), 'images a second');
row('scoring, batch 8', number(perSecond8), `images a second (${number(perSecond8 / perSecond1, 2)} times batch 1)`);
row(
  'scoring, batch 8, images seen before',
  number(perSecondRepeated),
  `images a second (${number(perSecondRepeated / perSecond8, 2)} times new ones)`,
);

const { peakBytes, seconds } = await memoryBench();
row(
  'adapt examples/brain-mri, all processes',
  number(peakBytes / 2 ** 20, 0),
  `MiB at the peak, ${number(seconds, 0)} s`,
);

adaptationRows(row, await adaptationBench({ against }));
firstCommandRows(row, await firstCommandBench());

const { levels, shadow, whileAdapting } = await serviceBench();
const latencies = ({ p50Ms, p95Ms, p99Ms }) =>
  `p50 ${number(p50Ms, 0)}, p95 ${number(p95Ms, 0)}, p99 ${number(p99Ms, 0)} ms`;
for (const level of levels) {
  row(
    `score over HTTP, ${level.clients} clients at once`,
    number(level.perSecond),
    `requests a second; ${latencies(level)}; engine busy ${number(100 * level.engineShare, 0)} % of the time`,
  );
}
shadowRows(row, shadow);
whileAdaptingRows(row, whileAdapting);

scorePathRows(row, await scorePathBench());

/** A program of its own, whose tables follow. */
function tablesOf(program, ...args) {
  console.log();
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(program, import.meta.url)), ...args], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`${program} ended with ${status}.`);
}

tablesOf('growth.mjs', '--images', '1000', '--jobs', '1000', '--models', '100', '--datasets', '1000');
if (python) {
  tablesOf('dicom.mjs', python);
  tablesOf('peer/index.mjs', python, '48');
}
