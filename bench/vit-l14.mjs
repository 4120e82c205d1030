/**
 * `node bench/vit-l14.mjs [PYTHON]`: ViT-L/14 at its real size with random weights on the CPU: opening, adapting and
 * scoring with this product, and, if a Python with PyTorch is named, a plain PyTorch training step of the same
 * mathematics, in one run. The speed of matrix products is measured around each, because a shared machine changes under
 * way.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { matrixBench } from './matrix.mjs';
import { runMeasured } from './process-tree.mjs';
import { writeRandomWeights } from './random-weights.mjs';
import { rowsWith } from './rows.mjs';
import { trafficBench, trafficRows } from './traffic.mjs';

const id = 'openai-vit-l-14';
const fileOf = (name) => fileURLToPath(new URL(name, import.meta.url));
const row = rowsWith(46, 9);
const speed = async () => row('float32 matrix product, 2048 x 2048', (await matrixBench()).toFixed(1), 'GFLOP/s');

const [python] = process.argv.slice(2);
const models = mkdtempSync(path.join(tmpdir(), 'mediclip-bench-'));
try {
  row('weights on disk', ((await writeRandomWeights(models, id)) / 1e6).toFixed(0), 'MB');
  trafficRows(row, trafficBench(id, models));
  await speed();
  await ours();
  await speed();
  if (python) {
    await pyTorch();
    await speed();
  }
} finally {
  rmSync(models, { recursive: true });
}

async function ours() {
  const { stdout, peakBytes } = await runMeasured(process.execPath, [
    fileOf('adapt-and-score.mjs'),
    ...[models, id, '8', '2'],
  ]);
  const figures = JSON.parse(stdout);
  const perStep = (seconds) => (seconds / figures.steps).toFixed(1);
  row('opening', figures.openSeconds.toFixed(1), 's');
  row('adapting, 8 shots, 2 epochs', (figures.adaptedSeconds - figures.openSeconds).toFixed(1), 's');
  row('training step, 8 images', perStep(figures.towerSeconds + figures.headSeconds), 's');
  row('  image tower (untouched normals are cached)', perStep(figures.towerSeconds), 's');
  row('  prompts, head and update', perStep(figures.headSeconds), 's');
  row('scoring an image', figures.scoreSeconds.toFixed(1), 's');
  row('memory at the peak', (peakBytes / 1e9).toFixed(2), 'GB');
}

async function pyTorch() {
  const weights = path.join(models, id, 'open_clip_model.safetensors');
  const { stdout, peakBytes } = await runMeasured(python, [fileOf('vit-l14.py'), weights, `${availableParallelism()}`]);
  const { openSeconds, towerSeconds, headSeconds, matrixSpeed } = JSON.parse(stdout);
  row('PyTorch: the same matrix product', matrixSpeed.toFixed(1), 'GFLOP/s');
  row('PyTorch: opening', openSeconds.toFixed(1), 's');
  row('PyTorch: training step, 8 images', (towerSeconds + headSeconds).toFixed(1), 's');
  row('  image tower', towerSeconds.toFixed(1), 's');
  row('  prompts, head and update', headSeconds.toFixed(1), 's');
  row('PyTorch: memory at the peak', (peakBytes / 1e9).toFixed(2), 'GB');
}
