import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { noiseArchive } from './testing/large-archive.js';
import { residentBytes } from './testing/processes.js';
import { type ServiceProcess, startService } from './testing/service-process.js';

const MiB = 2 ** 20;
const images = 500;
/** Width and height of an image whose file has half a MiB. */
const side = 724;
/**
 * What an upload may add to the memory of the process, which is a few images in each stage of their way, whatever their
 * number, and 64 MiB of buffers that V8 has not collected yet.
 */
const mostGrowthBytes = 210 * MiB;

let service: ServiceProcess;

beforeAll(async () => {
  service = await startService();
});

afterAll(() => service.stop());

test('an archive of a quarter of a gigabyte is never in memory', async () => {
  const { client, pid } = service;
  const { id } = await client.createDataset({ name: 'Noise' });
  let sentBytes = 0;
  const archive = async function* () {
    for await (const chunk of noiseArchive(images, side)) {
      sentBytes += chunk.length;
      yield chunk;
    }
  };
  const idleBytes = residentBytes(pid);
  let peakBytes = idleBytes;
  const sample = setInterval(() => {
    peakBytes = Math.max(peakBytes, residentBytes(pid));
  }, 100);
  const upload = await client.uploadArchive(id, archive).finally(() => clearInterval(sample));

  expect(upload).toMatchObject({ stored: images, rejected: 0, skipped: 0 });
  expect(sentBytes).toBeGreaterThan(250 * MiB);
  const grown = Math.round((peakBytes - idleBytes) / MiB);
  process.stderr.write(
    `mediclip: memory of the service: ${Math.round(idleBytes / MiB)} MiB, and ${grown} MiB for the upload\n`,
  );
  expect(peakBytes - idleBytes).toBeLessThan(mostGrowthBytes);
  await client.deleteDataset(id);
}, 180_000);
