import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { exampleFiles, quickModel } from './testing/examples.js';
import { residentBytes } from './testing/processes.js';
import { type ServiceProcess, startService } from './testing/service-process.js';

const MiB = 2 ** 20;
const callers = 8;
const samples = 40;
/**
 * What memory may grow from the second quarter of the soak to its last; the first quarter is for caches to fill. One map has 0.2 MiB: a
 * process that keeps each map that it sees is found in 500 scores. What the allocator takes for threads grows for longer, and less.
 */
const toleranceBytes = 45 * MiB;
const scores = soakLength();

/** `MEDICLIP_TEST_SOAK`, else 2,000 in continuous integration, where machines have the time, and 500 elsewhere. */
function soakLength(): number {
  const { MEDICLIP_TEST_SOAK: asked, CI } = process.env;
  const length = Number(asked ?? (CI === 'true' ? 2000 : 500));
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
});

afterAll(() => service.stop());

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** How much the median of the last quarter lies above that of the second. */
function growth(memory: readonly number[]): number {
  const quarter = memory.length / 4;
  return median(memory.slice(-quarter)) - median(memory.slice(quarter, 2 * quarter));
}

test('memory stays flat over many scores', async () => {
  const files = exampleFiles('test/normal', 8);
  const enginePid = await service.enginePid();
  const first = await Promise.all(files.map((file) => service.client.scoreImages(modelId, [file])));
  const memory: { engine: number; service: number }[] = [];
  let begun = 0;
  let done = 0;
  const caller = async () => {
    while (begun < scores) {
      const which = begun++ % files.length;
      const answer = await service.client.scoreImages(modelId, [files[which]!]);
      if (done === 0 || done === scores - 1) expect(answer).toEqual(first[which]);
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
