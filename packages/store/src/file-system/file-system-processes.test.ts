import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, jest, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { describeStoreProcesses } from '../testing/process-conformance.js';
import { linesOf, startStoreProcess } from '../testing/run-store-process.js';
import { FileSystemStore } from './file-system-store.js';

/** Negative, because file times are finer than the clock's milliseconds. */
const everyAge = -1000;

const shared = temporaryFolder();
describeStoreProcesses('file system', () => pathToFileURL(shared).href);

/** Files that are left below a folder, staged ones included. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

test('what another process makes and removes in a large folder is in the next listing, which does not read the folder', async () => {
  const root = temporaryFolder();
  const names = new Set(Array.from({ length: 1000 }, (_, i) => `before-${i}`));
  for (const name of names) mkdirSync(path.join(root, 'many', name), { recursive: true });
  const clock = jest.spyOn(performance, 'now');
  const now = performance.now();
  const store = new FileSystemStore(root);
  const listed = () => store.listFolders('many/', { limit: 2000 });
  // Seen to be large, listened to, heard, and read as a whole two seconds later.
  for (const [step, passedMs] of [0, 0, 0, 2500].entries()) {
    clock.mockReturnValue(now + passedMs);
    names.add(`early-${step}`);
    mkdirSync(path.join(root, 'many', `early-${step}`));
    expect(await listed()).toEqual([...names].sort());
  }
  mkdirSync(path.join(root, 'many', 'by-hand'));
  const writer = startStoreProcess(pathToFileURL(root).href, 'addFolders', 12);
  let lines = 0;
  for await (const line of writer.lines) {
    const [name, appears] = [line.slice(1), line.startsWith('+')];
    const found = await listed();
    // The writer goes on meanwhile: it removes every other one.
    if (!appears || Number(name.slice(6)) % 2 === 1) expect(found.includes(name)).toBe(appears);
    expect(found).not.toContain('by-hand');
    lines++;
  }
  expect([lines, await writer.ended]).toEqual([18, 0]);
  for (let i = 1; i < 12; i += 2) names.add(`added-${i}`);
  expect(await listed()).toEqual([...names].sort());
  clock.mockReturnValue(now + 60_000);
  expect(await listed()).toEqual([...names, 'by-hand'].sort());
  clock.mockRestore();
  await store.close();
});

describe('what killed writers leave behind', () => {
  test('is removed by the sweep', async () => {
    const root = temporaryFolder();
    const url = pathToFileURL(root).href;
    const store = new FileSystemStore(root, { leftoverAgeMs: everyAge });
    await store.put('race/sealed', new TextEncoder().encode('0 0 '));
    for (let round = 0; round < 2; round++) {
      const writer = startStoreProcess(url, 'overwrite', 1 + 2 * round);
      for await (const _ of writer.lines) writer.child.kill('SIGKILL');
      await writer.ended;
    }
    await store.sweep();
    expect(readdirSync(path.join(root, '.store', 'staging'))).toEqual([]);
    expect(readdirSync(path.join(root, '.store', 'claims'))).toEqual([]);
  });
});

describe('a folder that cannot be written', () => {
  test('a folder without the right to write is said to be one', async () => {
    const root = temporaryFolder();
    mkdirSync(path.join(root, 'store'), { mode: 0o555 });
    const url = pathToFileURL(path.join(root, 'store')).href;
    const [line] = await linesOf(startStoreProcess(url, 'writeUnprivileged', 10));
    expect(line).toMatch(
      /^StoreForbidden: The store's folder cannot be used \(EACCES in .*give this process the right/,
    );
    expect(filesBelow(root)).toEqual([]);
  });

  test('a file size limit is said to be one, and nothing of the write is left', async () => {
    const root = temporaryFolder();
    const url = pathToFileURL(root).href;
    const limited = ['sh', '-c', 'ulimit -f 64; exec "$@"', 'sh'];
    const [line] = await linesOf(startStoreProcess(url, 'write', 1_000_000, limited));
    expect(line).toMatch(/^StoreFull: The store's disk is full \(EFBIG in .*free some room/);
    expect(filesBelow(root)).toEqual([]);
  });

  const mountsAllowed = spawnSync('unshare', ['-rm', 'true']).status === 0;
  if (!mountsAllowed)
    console.warn('Not run: a full disk, because this machine lets nobody mount one (`unshare -rm` fails).');
  (mountsAllowed ? test : test.skip)('a full disk is said to be one, and nothing of the write is left', async () => {
    const root = temporaryFolder();
    const url = pathToFileURL(root).href;
    const mount = `mount -t tmpfs -o size=64k,mode=777 none '${root}' && "$@" && find '${root}' -type f -not -path '*/reserve/*'`;
    const [line, ...left] = await linesOf(
      startStoreProcess(url, 'write', 1_000_000, ['unshare', '-rm', 'sh', '-c', mount, 'sh']),
    );
    expect(line).toMatch(/^StoreFull: The store's disk is full \(ENOSPC in .*free some room/);
    expect(left).toEqual([]);
  });
});
