import path from 'node:path';
import { expect, test } from '@jest/globals';
import type { AdaptationJob } from '@mediclip/adaptation';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import { RandomStream } from '@mediclip/synthesis';
import { temporaryFolder } from '@mediclip/testing';
import { Engine } from '../parent/engine.js';

const side = 224;

/** A smooth blob on noise, another place and size for every seed: enough of a picture for every synthetic anomaly. */
function picture(seed: number): Uint8Array {
  const random = new RandomStream(seed, 0, 0);
  return Uint8Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [112 + 40 * Math.cos(seed), 112 + 40 * Math.sin(seed)];
    const distance = Math.hypot((i % side) - x, Math.floor(i / side) - y);
    return Math.max(0, 180 - (1 + (seed % 3) / 2) * distance) + random.integer(0, 30);
  });
}

function job(): AdaptationJob {
  const workFolder = temporaryFolder();
  return {
    options: resolveAdaptationOptions({
      seed: 3,
      shots: 2,
      training: { epochs: 1, batchSize: 2, selection: 'last', heldOutSamples: 0 },
    }),
    images: [1, 2].map((seed) => ({ width: side, height: side, data: picture(seed) })),
    workFolder,
    outFolder: path.join(workFolder, 'detector'),
  };
}

const rgb = (grey: Uint8Array) => Uint8Array.from({ length: grey.length * 3 }, (_, i) => grey[Math.floor(i / 3)]!);

test('the bundled backbone in the engine process makes a detector, and scores from it', async () => {
  const engine = await Engine.start({ device: 'cpu', threads: 1, synthesisThreads: 1 });
  const work = job();
  await engine.adapt(work);
  expect(engine.state).toMatchObject({ provider: 'cpu', restarts: 0 });

  const images = [5, 6].map((seed) => ({ side, data: rgb(picture(seed)) }));
  const detector = { id: 'detector', folder: work.outFolder };
  const together = await engine.score({ detector, images });
  for (const { score, map, mapSide } of together) {
    expect([mapSide, map.length]).toEqual([side, side * side]);
    expect(score).toBeGreaterThan(0);
    expect(score).toBeLessThan(1);
  }
  const small = { side: 112, data: new Uint8Array(112 * 112 * 3) };
  await expect(engine.score({ detector, images: [small] })).rejects.toThrow('takes 224');
  const missing = { id: 'missing', folder: path.join(work.workFolder, 'missing') };
  await expect(engine.score({ detector: missing, images })).rejects.toMatchObject({
    code: 'compute-failed',
    origin: { name: 'AdaptationError', code: 'corrupt-detector' },
  });
  await engine.stop();
});
