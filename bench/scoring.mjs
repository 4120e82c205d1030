import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { AdaptationRun, Scorer, Towers } from '@mediclip/adaptation';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import { openOrtRuntime, SynthesisPool } from '@mediclip/engine/direct';
import { device } from './options.mjs';
import { exampleShots, exampleTestImages } from './shots.mjs';

const rounds = 10;

/**
 * Images a second through tower and head, from prepared pixels to score and map: new ones one at a time and eight at a
 * time, and eight at a time ones that were seen before.
 */
export async function scoringBench() {
  const threads = availableParallelism();
  const towers = new Towers(await openOrtRuntime({ device, threads }));
  const folder = mkdtempSync(path.join(tmpdir(), 'mediclip-bench-'));
  try {
    const detector = { id: 'bench', folder: await makeDetector(towers, folder, threads) };
    const scorer = new Scorer(towers);
    const requests = (await exampleTestImages()).map((image) => ({ detector, image }));
    const perSecond = async (batch, next) => {
      let milliseconds = 0;
      for (let round = 0; round <= rounds; round++) {
        next();
        for (let from = 0; from < requests.length; from += batch) {
          const start = performance.now();
          await scorer.score(requests.slice(from, from + batch));
          if (round > 0) milliseconds += performance.now() - start;
        }
      }
      return (rounds * requests.length * 1000) / milliseconds;
    };
    const changeImages = () => {
      for (const { image } of requests) crypto.getRandomValues(image.subarray(0, 16));
    };
    return {
      perSecond1: await perSecond(1, changeImages),
      perSecond8: await perSecond(8, changeImages),
      perSecondRepeated: await perSecond(8, () => undefined),
    };
  } finally {
    await towers.release();
    rmSync(folder, { recursive: true });
  }
}

/** A detector after one epoch: as fast as any. */
async function makeDetector(towers, folder, threads) {
  const images = await exampleShots();
  const options = resolveAdaptationOptions({ training: { epochs: 1, selection: 'last', heldOutSamples: 0 } });
  const pool = await SynthesisPool.start({ images, options: options.synthesis, threads });
  const outFolder = path.join(folder, 'model');
  const run = await AdaptationRun.open({ options, images, workFolder: folder, outFolder }, towers.open('lite'), pool);
  while (!(await run.advance()));
  await run.release();
  await pool.close();
  return outFolder;
}
