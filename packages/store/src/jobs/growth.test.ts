import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { v7 } from 'uuid';
import { systemCallsOf } from '../testing/system-calls.js';
import { testStore } from '../testing/test-store.js';

test('a page right after a job has come costs as many system calls with 3,000 jobs before it as with 100', async () => {
  const { tenant, url, prefix } = testStore();
  const { id: datasetId } = await tenant.datasets.create({ name: 'some' });
  const ids: string[] = [];
  const create = async () => ids.push((await tenant.jobs.create({ kind: 'audit', request: { datasetId } })).job.id);
  const folder = path.join(fileURLToPath(url), prefix, 'jobs');
  const yesterday = Date.now() - 86_400_000;
  let older = 0;
  for (let i = 0; i < 6; i++) await create();
  const calls = async (count: number) => {
    for (; older < count; older++) mkdirSync(path.join(folder, v7({ msecs: yesterday + older * 10 })));
    await create();
    return systemCallsOf(async () => {
      const { items } = await tenant.jobs.list({ limit: 5 });
      expect(items.map(({ id }) => id)).toEqual(ids.slice(-5).reverse());
    });
  };
  const few = await calls(100);
  expect(await calls(3000)).toBe(few);
});
