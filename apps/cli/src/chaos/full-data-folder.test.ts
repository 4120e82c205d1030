import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MediclipClient } from '@mediclip/client';
import { SmallDisk, temporaryFolder, whyNoSmallDisk } from '@mediclip/testing';
import { exampleFiles, readyModel } from '../end-to-end/testing/examples.js';
import { type ServiceProcess, startService } from '../end-to-end/testing/service-process.js';

const noDisk = whyNoSmallDisk();
if (noDisk) console.warn(`NOT RUN: the full data folder, because ${noDisk}.`);
/** How much of the files of a score stays in memory. */
const heldBytes = 1_000_000;
const onDisk = noDisk ? describe.skip : describe;

onDisk('a data folder on a full disk, while the store is elsewhere', () => {
  let disk: SmallDisk;
  let service: ServiceProcess;

  beforeAll(async () => {
    disk = new SmallDisk(48);
    service = await startService({
      dataDir: path.join(disk.folder, 'data'),
      settings: {
        MEDICLIP_STORE_URL: pathToFileURL(temporaryFolder()).href,
        MEDICLIP_SCORE_MEMORY_BYTES: String(heldBytes),
      },
    });
  }, 60_000);
  afterAll(async () => {
    await service?.stop();
    disk?.unmount();
  });

  test('refuses uploads, and scores that do not fit into memory, with `storage-full` until there is room', async () => {
    const { baseUrl, client } = service;
    const modelId = await readyModel(client);
    const { id } = await client.createDataset({ name: 'Later' });
    const [image] = exampleFiles('test/abnormal', 1);
    const impatient = new MediclipClient({ baseUrl, retryBudgetMs: 0 });
    const upload = () => impatient.uploadImages(id, [{ ...image!, split: 'test', label: 'abnormal' }]);
    const score = () => impatient.scoreImages(modelId, [image!]);
    const large = { fileName: 'large.bmp', content: new Uint8Array(heldBytes + 1) };
    const scoreLarge = () => impatient.scoreImages(modelId, [large]);

    disk.fill();
    await expect(upload()).rejects.toMatchObject({ slug: 'storage-full', status: 507 });
    await expect(scoreLarge()).rejects.toMatchObject({ slug: 'storage-full', status: 507 });
    expect((await score()).results).toMatchObject([{ outcome: 'scored' }]);
    disk.free();
    expect((await upload()).outcomes).toMatchObject([{ outcome: 'stored' }]);
    expect((await scoreLarge()).results).toMatchObject([{ outcome: 'rejected' }]);
  }, 120_000);
});
