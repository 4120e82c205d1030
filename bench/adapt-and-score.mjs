/**
 * `adapt-and-score.mjs MODELS BACKBONE SHOTS EPOCHS`: adapts with all shots in one batch and scores, in an engine
 * process of its own as the service does; prints seconds as JSON.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { listBackbones } from '@mediclip/backbones';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import { Engine } from '@mediclip/engine';
import { exampleShots, exampleTestImages } from './shots.mjs';

const [modelsFolder, backbone, ...counts] = process.argv.slice(2);
const [shots, epochs] = counts.map(Number);
const folder = mkdtempSync(path.join(tmpdir(), 'mediclip-bench-'));
const outFolder = path.join(folder, 'model');
const options = resolveAdaptationOptions({
  backbone,
  shots,
  training: { epochs, batchSize: shots, selection: 'last', heldOutSamples: 0 },
});
const { side } = listBackbones().find(({ id }) => id === backbone);
const images = (await exampleShots(side)).slice(0, shots);
const start = performance.now();
const seconds = () => (performance.now() - start) / 1000;
const engine = await Engine.start({
  device: 'cpu',
  threads: availableParallelism(),
  modelsFolder,
  timing: { hangTimeoutMs: 600_000 },
});

const figures = {
  steps: epochs,
  openSeconds: 0,
  normalsSeconds: 0,
  towerSeconds: 0,
  headSeconds: 0,
  finishingSeconds: 0,
};
let before = { phase: 'opening', done: 0, at: 0 };
await engine.adapt(
  { options, images, workFolder: folder, outFolder },
  {
    onProgress({ phase, done }) {
      const now = { phase, done, at: seconds() };
      figures[partOf(before, now)] += now.at - before.at;
      before = now;
    },
  },
);
figures.adaptedSeconds = seconds();

/** What the work between two signs of progress was. */
function partOf(earlier, later) {
  if (earlier.phase === 'opening') return 'openSeconds';
  if (later.phase === 'finishing') return 'finishingSeconds';
  if (later.phase === 'preparing' && later.done > earlier.done) return 'normalsSeconds';
  return later.phase === 'training' && (earlier.phase !== 'training' || later.done > earlier.done)
    ? 'headSeconds'
    : 'towerSeconds';
}

const detector = { id: 'bench', folder: outFolder };
const [first, second] = await exampleTestImages(side);
await engine.score({ detector, images: [{ side, data: first }] });
const scoringFrom = seconds();
const [{ score }] = await engine.score({ detector, images: [{ side, data: second }] });
figures.scoreSeconds = seconds() - scoringFrom;
if (!(score >= 0 && score <= 1)) throw new Error(`The score ${score} is no score.`);
await engine.stop();
rmSync(folder, { recursive: true });
console.log(JSON.stringify(figures));
