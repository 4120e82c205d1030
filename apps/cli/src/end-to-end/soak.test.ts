import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ScoreAnswer } from '@mediclip/contracts';
import { readyModel } from './testing/examples.js';
import { noisePng } from './testing/large-archive.js';
import { residentBytes } from './testing/processes.js';
import { type ServiceProcess, startService } from './testing/service-process.js';

const MiB = 2 ** 20;
const callers = 8;
const samples = 40;
const remembered = 16;
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/**
 * What memory may grow, in bytes, from the second quarter of the soak to its last; the first quarter is for caches to
 * fill. One map has
 * 0.2 MiB: a process that keeps each map that it sees is found in 600 scores. What the service holds is at its least
 * just after a garbage collection. The C library takes more for its threads than they need, now and then, and gives it
 * back late: resident memory is of less use.
 */
const limits = {
  'resident memory of the engine': { of: median, tolerance: 45 * MiB },
  'memory that the service holds': { of: (values: readonly number[]) => Math.min(...values), tolerance: 25 * MiB },
  'resident memory of the service': { of: median, tolerance: 120 * MiB },
} as const;
type Measured = keyof typeof limits;
const scores = soakLength();

/** `MEDICLIP_TEST_SOAK`, else 600. */
function soakLength(): number {
  const length = Number(process.env.MEDICLIP_TEST_SOAK ?? 600);
  if (!Number.isInteger(length) || length < 320)
    throw new Error('MEDICLIP_TEST_SOAK must be a number of at least 320.');
  process.stderr.write(`mediclip: the soak is ${length} scores long; MEDICLIP_TEST_SOAK sets another length\n`);
  return length;
}

let service: ServiceProcess;
let modelId: string;

beforeAll(async () => {
  service = await startService({ settings: { MEDICLIP_RATE_LIMIT_PER_MINUTE: '1000000' } });
  modelId = await readyModel(service.client);
  // The engine opens its image tower once for each size of a batch: so many images at once bring all of them.
  await Promise.all([1, 2].map(() => service.client.scoreImages(modelId, differentImages(32))));
});

afterAll(() => service.stop());

const differentImages = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ fileName: `${i}.png`, content: noisePng(64) }));

/** JavaScript objects and the buffers that belong to them, of the process that serves the metrics. */
async function heldBytes(): Promise<number> {
  const metrics = await (await fetch(`${service.baseUrl}/metrics`)).text();
  const gauge = (name: string) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(metrics)?.[1]);
  return gauge('nodejs_heap_size_used_bytes') + gauge('nodejs_external_memory_bytes');
}

test('memory stays flat over many scores', async () => {
  const enginePid = await service.enginePid();
  // Three scores of four are of an image that is remembered. The first quarter brings every image once, so that what
  // remembers images is full then; there are more of the others than it holds.
  const images = differentImages(remembered + Math.floor(scores / 16));
  const imageOf = (score: number) =>
    score % 4 === 3
      ? remembered + (Math.floor(score / 4) % (images.length - remembered))
      : (score - Math.floor(score / 4)) % remembered;
  const first: ScoreAnswer[] = [];
  const memory: Record<Measured, number>[] = [];
  let begun = 0;
  let done = 0;
  const caller = async () => {
    while (begun < scores) {
      const which = imageOf(begun++);
      const answer = await service.client.scoreImages(modelId, [images[which]!]);
      expect(answer.results[0]!.outcome).toBe('scored');
      first[which] ??= answer;
      expect(answer).toEqual(first[which]);
      done++;
      if ((done * samples) % scores < samples) {
        memory.push({
          'resident memory of the engine': residentBytes(enginePid),
          'memory that the service holds': await heldBytes(),
          'resident memory of the service': residentBytes(service.pid),
        });
      }
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));

  expect(done).toBe(scores);
  expect(await service.enginePid()).toBe(enginePid);
  expect(memory).toHaveLength(samples);
  const quarter = samples / 4;
  for (const [measured, { of, tolerance }] of Object.entries(limits) as [Measured, (typeof limits)[Measured]][]) {
    const course = memory.map((sample) => sample[measured]);
    const grown = of(course.slice(-quarter)) - of(course.slice(quarter, 2 * quarter));
    const inWords = `The ${measured} grew by ${Math.round(grown / MiB)} MiB: ${course.map((bytes) => Math.round(bytes / MiB)).join(' ')} MiB.`;
    if (!(grown <= tolerance)) throw new Error(inWords);
  }
}, 300_000);
