import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import { type Attempt, newId, openStore, type Store } from '@mediclip/store';
import { temporaryFolder } from '@mediclip/testing';
import { sweepWorkFolders, withWorkFolder } from './work-folders.js';

let store: Store;
let workFolder: string;

beforeEach(() => {
  store = openStore(`file://${temporaryFolder()}`);
  workFolder = temporaryFolder();
});

async function startedJob(): Promise<Attempt> {
  const { datasets, jobs, attempts } = store.tenant('clinic');
  const { id: datasetId } = await datasets.create({ name: 'Brain MRI' });
  const { job } = await jobs.create({
    kind: 'adaptation',
    request: { datasetId, options: resolveAdaptationOptions() },
  });
  return (await attempts.start(job.id)).attempt;
}

async function leaveBehind({ jobId, fencingToken }: Attempt): Promise<string> {
  const name = `clinic.${jobId}.${fencingToken}`;
  await mkdir(path.join(workFolder, name));
  await writeFile(path.join(workFolder, name, 'left'), '');
  return name;
}

describe('work folders', () => {
  test('are fresh for every attempt, and remove those of the attempts before', async () => {
    const jobId = newId();
    await leaveBehind({ jobId, fencingToken: 1 });
    const other = await leaveBehind({ jobId: newId(), fencingToken: 1 });
    await withWorkFolder(workFolder, { tenant: 'clinic', jobId, fencingToken: 2 }, async (folder) => {
      expect(await readdir(folder)).toEqual([]);
      expect((await readdir(workFolder)).sort()).toEqual([other, path.basename(folder)].sort());
    });
    expect(await readdir(workFolder)).toEqual([other]);
  });

  test('go when the work fails, too', async () => {
    const attempt = { tenant: 'clinic', jobId: newId(), fencingToken: 1 };
    const work = withWorkFolder(workFolder, attempt, async (folder) => {
      await writeFile(path.join(folder, 'file'), '');
      throw new Error('no luck');
    });
    await expect(work).rejects.toThrow('no luck');
    expect(await readdir(workFolder)).toEqual([]);
  });

  test('of processes that died are swept, unless their attempt is still the current one', async () => {
    const running = await startedJob();
    const superseded = await startedJob();
    await store.tenant('clinic').attempts.start(superseded.jobId);
    const ended = await startedJob();
    await store.tenant('clinic').attempts.end(ended, { state: 'cancelled' });
    const kept = await leaveBehind(running);
    for (const attempt of [superseded, ended, { jobId: newId(), fencingToken: 1 }]) await leaveBehind(attempt);
    await mkdir(path.join(workFolder, 'something-else'));
    await sweepWorkFolders(workFolder, store);
    expect((await readdir(workFolder)).sort()).toEqual([kept, 'something-else'].sort());
  });

  test('are made where there is no folder yet', async () => {
    const folder = path.join(workFolder, 'new');
    await sweepWorkFolders(folder, store);
    expect(existsSync(folder)).toBe(true);
  });
});
