import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { AdaptationRun, Towers } from '@mediclip/adaptation';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import { openOrtRuntime, SynthesisPool } from '@mediclip/engine/direct';
import { device } from './options.mjs';
import { exampleShots } from './shots.mjs';

const epochs = 10;

/**
 * Mean milliseconds of a training step with the defaults (16 shots, batch 8), and where they go. Held-out losses are
 * left out.
 */
export async function trainingBench() {
  const threads = availableParallelism();
  const towers = new Towers(await openOrtRuntime({ device, threads }));
  const images = await exampleShots();
  const options = resolveAdaptationOptions({ training: { epochs: epochs, selection: 'last', heldOutSamples: 0 } });
  const folder = mkdtempSync(path.join(tmpdir(), 'mediclip-bench-'));
  const pool = await SynthesisPool.start({ images, options: options.synthesis, threads });
  const job = { options, images, workFolder: folder, outFolder: path.join(folder, 'model') };
  const run = await AdaptationRun.open(job, towers.open(options.backbone), pool);
  try {
    while (run.progress.phase !== 'training') await run.advance();
    const before = { ...run.timings };
    const firstStep = run.progress.done;
    const start = performance.now();
    while (run.progress.phase === 'training' && run.progress.done < run.progress.total) await run.advance();
    const steps = run.progress.done - firstStep;
    const parts = Object.entries(run.timings).map(([part, sum]) => [part, (sum - before[part]) / steps]);
    return { stepMs: (performance.now() - start) / steps, ...Object.fromEntries(parts) };
  } finally {
    await run.release();
    await towers.release();
    await pool.close();
    rmSync(folder, { recursive: true });
  }
}
