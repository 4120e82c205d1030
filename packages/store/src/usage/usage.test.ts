import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type S3Server, s3Credentials, startS3Server, whyNoS3Server } from '@mediclip/testing';
import { addImage, imageContent, imageDescription, nextPlace } from '../testing/test-images.js';
import { newModel, testStore } from '../testing/test-store.js';
import type { StoredUsage } from './usage-repository.js';

const dayMs = 86_400_000;

/**
 * Adds to and takes from a tenant's store, with a process that dies in the middle of an upload and of two deletions,
 * and holds the count against `storedBytes`, which looks for itself.
 */
async function liveAndDie(url: string, storedBytes: () => Promise<number>): Promise<void> {
  const { store, tenant, advance } = testStore(url);
  const expectUsage = async (expected: Omit<StoredUsage, 'bytes'>) =>
    expect(await tenant.usage.count()).toEqual({ ...expected, bytes: await storedBytes() });
  expect(await tenant.usage.count()).toEqual({ datasets: 0, images: 0, models: 0, bytes: 0 });

  const { model } = await newModel(tenant, 'weights of some length');
  const { id } = await tenant.datasets.create({ name: 'Scans' });
  const add = (text: string) => addImage(tenant.images, id, imageDescription(), imageContent(text, `mask of ${text}`));
  const first = await add('the first image');
  const second = await add('another image');
  await expectUsage({ datasets: 2, images: 2, models: 1 });
  await tenant.images.delete(id, first.id);
  await expectUsage({ datasets: 2, images: 1, models: 1 });

  // An upload whose process died: its bytes are stored, its images are not.
  await tenant.images.prepare(id, imageDescription(), imageContent('never committed'), nextPlace());
  await expectUsage({ datasets: 2, images: 1, models: 1 });
  // A deletion whose process died once the image could not be found any more.
  const dying = testStore(url);
  Object.assign(dying.store.objects, { deleteFolder: () => Promise.reject(new Error('died')) });
  await expect(dying.tenant.images.delete(id, second.id)).rejects.toThrow('died');
  await expectUsage({ datasets: 2, images: 0, models: 1 });
  await expect(dying.tenant.models.delete(model.id)).rejects.toThrow('died');
  await expectUsage({ datasets: 2, images: 0, models: 1 });

  const before = (await tenant.usage.count()).bytes;
  advance(2 * dayMs);
  await store.sweep();
  await expectUsage({ datasets: 2, images: 0, models: 0 });
  expect((await tenant.usage.count()).bytes).toBeLessThan(before);
  for (const { id: datasetId } of (await tenant.datasets.list({ limit: 9 })).items)
    await tenant.datasets.delete(datasetId);
  await expectUsage({ datasets: 0, images: 0, models: 0 });
  await store.close();
}

describe('what a tenant uses is what is stored, also after a death in the middle of an upload or a deletion', () => {
  test('in a folder', async () => {
    const { url } = testStore();
    const folder = path.join(fileURLToPath(url), 'tenants', 'default');
    await liveAndDie(url, async () => {
      const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      return files.reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0);
    });
  });

  const reason = whyNoS3Server();
  if (reason) console.warn(`NOT RUN: the use of a store on S3, because ${reason}.`);
  (reason ? describe.skip : describe)('with a server', () => {
    let server: S3Server;
    beforeAll(async () => {
      Object.assign(process.env, s3Credentials, { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' });
      server = await startS3Server('bucket');
    });
    afterAll(() => server.stop());

    test('on S3', async () => {
      const url = `s3://bucket/usage?endpoint=${server.endpoint}`;
      const { objects, keys, prefix } = testStore(url);
      await liveAndDie(url, async () => {
        let sum = 0;
        for (const key of await keys()) sum += (await objects.get(`${prefix}${key}`))!.bytes.length;
        return sum;
      });
    });
  });
});
