/**
 * `node bench/backbones.mjs [ID…]`: adapts (4 shots, 2 epochs) and scores with every backbone of the catalogue at its
 * real size, with random weights, on the CPU; what a step of 4 images, a score and all processes take, beside the
 * speed of matrix products just before. Weights are written to a temporary folder, one backbone at a time.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { matrixBench } from './matrix.mjs';
import { runMeasured } from './process-tree.mjs';
import { backboneIds, writeRandomWeights } from './random-weights.mjs';

const shots = 4;
const epochs = 2;
const child = fileURLToPath(new URL('adapt-and-score.mjs', import.meta.url));
const ids = process.argv.length > 2 ? process.argv.slice(2) : ['lite', ...backboneIds];
const gigabytes = (bytes) => (bytes / 1e9).toFixed(2);

console.log('backbone              GB on disk  tower, s  prompts and head, s  score, s  peak, GB  GFLOP/s before');
for (const id of ids) {
  const models = mkdtempSync(path.join(tmpdir(), 'mediclip-bench-'));
  try {
    const bytes = id === 'lite' ? 0 : await writeRandomWeights(models, id);
    const speed = await matrixBench();
    const { stdout, peakBytes } = await runMeasured(process.execPath, [child, models, id, `${shots}`, `${epochs}`]);
    const { towerSeconds, headSeconds, scoreSeconds } = JSON.parse(stdout);
    const columns = [
      [gigabytes(bytes), 10],
      [(towerSeconds / epochs).toFixed(2), 8],
      [(headSeconds / epochs).toFixed(2), 19],
      [scoreSeconds.toFixed(2), 8],
      [gigabytes(peakBytes), 8],
      [speed.toFixed(0), 14],
    ];
    console.log([id.padEnd(20), ...columns.map(([text, width]) => text.padStart(width))].join('  '));
  } finally {
    rmSync(models, { recursive: true });
  }
}
