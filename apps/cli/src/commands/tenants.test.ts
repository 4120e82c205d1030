import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { openStore } from '@mediclip/store';
import { temporaryFolder } from '@mediclip/testing';
import { mediclip } from '../testing/run-mediclip.js';

const collect = async (keys: AsyncIterable<string>) => {
  const all: string[] = [];
  for await (const key of keys) all.push(key);
  return all;
};

test('a tenant without keys is removed with everything, also with jobs that wait; others stay', async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'keys.json');
  const environment = { MEDICLIP_API_KEYS_FILE: file, MEDICLIP_DATA_DIR: folder };
  const run = (...args: string[]) => mediclip(args, environment);
  const store = openStore(pathToFileURL(folder).href);
  for (const name of ['clinic', 'other']) {
    const { datasets, jobs } = store.tenant(name);
    const { id: datasetId } = await datasets.create({ name: 'Ward 3' });
    await jobs.create({ kind: 'audit', request: { datasetId } });
  }
  const others = await collect(store.objects.keys('tenants/other/'));

  await run('keys', 'create', 'clinic');
  const refused = await run('tenants', 'purge', 'clinic');
  expect(refused).toMatchObject({ end: 1, stderr: expect.stringContaining('mediclip keys revoke') });
  const [id] = /[0-9a-f-]{36}/.exec(refused.stderr)!;
  await run('keys', 'revoke', id);
  expect(await run('tenants', 'purge', 'clinic')).toMatchObject({ end: 0 });
  expect(await collect(store.objects.keys('tenants/clinic/'))).toEqual([]);
  expect(await collect(store.objects.keys('tenants/other/'))).toEqual(others);
  expect((await run('tenants', 'purge', 'clinic')).stderr).toMatch(/Nothing is stored for the tenant clinic/);
});
