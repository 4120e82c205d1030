import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { StoreError } from '@mediclip/store';
import { temporaryFolder } from '@mediclip/testing';
import { closeTemporaryFolders, sweepTemporaryFolders, withTemporaryFolder } from './temporary-folder.js';

const bootId = '0'.repeat(8);
const daySeconds = 86_400;

describe('temporary folders', () => {
  test('are gone when the work is done, however it ends', async () => {
    const dataDir = temporaryFolder();
    const seen: string[] = [];
    const work = async (folder: string) => {
      seen.push(folder);
      writeFileSync(path.join(folder, 'part'), 'x');
      if (seen.length > 1) throw new Error('broken');
      return 7;
    };
    expect(await withTemporaryFolder(dataDir, work)).toBe(7);
    await expect(withTemporaryFolder(dataDir, work)).rejects.toThrow('broken');
    expect(seen.map((folder) => existsSync(folder))).toEqual([false, false]);
    await closeTemporaryFolders(dataDir);
    expect(readdirSync(path.join(dataDir, 'tmp'))).toEqual([]);
  });

  test('of processes that died are swept at once, those of this one are not', async () => {
    const dataDir = temporaryFolder();
    const dead = path.join(dataDir, 'tmp', `uploads-${bootId}-01234567-89ab-cdef-0123-456789abcdef`);
    mkdirSync(path.join(dead, 'upload-1'), { recursive: true });
    writeFileSync(path.join(dead, 'upload-1', 'part-0'), 'a patient');
    await withTemporaryFolder(dataDir, async (folder) => {
      await sweepTemporaryFolders(dataDir);
      expect(existsSync(folder)).toBe(true);
      expect(existsSync(dead)).toBe(false);
    });
    await closeTemporaryFolders(dataDir);
  });

  test('without room are refused as the store refuses', async () => {
    const dataDir = path.join(temporaryFolder(), 'file');
    writeFileSync(dataDir, '');
    await expect(withTemporaryFolder(dataDir, async () => undefined)).rejects.toBeInstanceOf(StoreError);
  });

  test('of unknown processes are swept after a day, those in use are not', async () => {
    const dataDir = temporaryFolder();
    const [old, young] = ['old', 'young'].map((name) => path.join(dataDir, 'tmp', name)) as [string, string];
    for (const folder of [old, young]) mkdirSync(folder, { recursive: true });
    const now = Date.now();
    utimesSync(old, now / 1000 - daySeconds - 1, now / 1000 - daySeconds - 1);
    await sweepTemporaryFolders(dataDir, now);
    expect(readdirSync(path.join(dataDir, 'tmp'))).toEqual(['young']);
  });
});
