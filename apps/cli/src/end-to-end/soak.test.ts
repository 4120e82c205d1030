import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ScoreAnswer } from '@mediclip/contracts';
import { quickModel } from './testing/examples.js';
import { noisePng } from './testing/large-archive.js';
import { residentBytes } from './testing/processes.js';
import { type ServiceProcess, startService } from './testing/service-process.js';

const MiB = 2 ** 20;
const callers = 8;
const samples = 40;
/**
 * What memory may grow from the second quarter of the soak to its last; the first quarter is for caches to fill. One map has 0.2 MiB: a
 * process that keeps each map that it sees is found in 600 scores. What the allocator takes for threads grows for longer, and less.
 */
const toleranceBytes = 45 * MiB;
const scores = soakLength();

/** `MEDICLIP_TEST_SOAK`, else 2,000 in continuous integration, where machines have the time, and 600 elsewhere. */
function soakLength(): number {
  const { MEDICLIP_TEST_SOAK: asked, CI } = process.env;
  const length = Number(asked ?? (CI === 'true' ? 2000 : 600));
  if (!Number.isInteger(length) || length < 200)
    throw new Error('MEDICLIP_TEST_SOAK must be a number of at least 200.');
  process.stderr.write(`mediclip: the soak is ${length} scores long; MEDICLIP_TEST_SOAK sets another length\n`);
  return length;
}

let service: ServiceProcess;
let modelId: string;

beforeAll(async () => {
  service = await startService({ settings: { MEDICLIP_RATE_LIMIT_PER_MINUTE: '1000000' } });
  modelId = await quickModel(service.client);
  // The engine opens its image tower once for each size of a batch: so many images at once bring all of them.
  await Promise.all([1, 2].map(() => service.client.scoreImages(modelId, differentImages(32))));
});

afterAll(() => service.stop());

const differentImages = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ fileName: `${i}.png`, content: noisePng(64) }));

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** How much the median of the last quarter lies above that of the second. */
function growth(memory: readonly number[]): number {
  const quarter = memory.length / 4;
  return median(memory.slice(-quarter)) - median(memory.slice(quarter, 2 * quarter));
}

test('memory stays flat over many scores', async () => {
  const enginePid = await service.enginePid();
  // The first quarter brings every image once, so that what remembers images is full then.
  const images = differentImages(scores / 4);
  const first: ScoreAnswer[] = [];
  const memory: { engine: number; service: number }[] = [];
  let begun = 0;
  let done = 0;
  const caller = async () => {
    while (begun < scores) {
      const which = begun++ % images.length;
      const answer = await service.client.scoreImages(modelId, [images[which]!]);
      expect(answer.results[0]!.outcome).toBe('scored');
      first[which] ??= answer;
      expect(answer).toEqual(first[which]);
      done++;
      if (Math.floor((done * samples) / scores) > memory.length) {
        memory.push({ engine: residentBytes(enginePid), service: residentBytes(service.pid) });
      }
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));

  expect(done).toBe(scores);
  expect(await service.enginePid()).toBe(enginePid);
  for (const process of ['engine', 'service'] as const) {
    const ofProcess = memory.map((sample) => sample[process]);
    const grown = growth(ofProcess);
    if (grown > toleranceBytes) {
      const course = ofProcess.map((bytes) => Math.round(bytes / MiB)).join(' ');
      throw new Error(`The memory of the ${process} grew by ${Math.round(grown / MiB)} MiB: ${course} MiB.`);
    }
  }
}, 300_000);
