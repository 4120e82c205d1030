import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { sweepTemporaryFolders, withTemporaryFolder } from './temporary-folder.js';

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
  });

  test('of processes that died are swept after a day, those in use are not', async () => {
    const dataDir = temporaryFolder();
    const [old, young] = ['old', 'young'].map((name) => path.join(dataDir, 'tmp', name)) as [string, string];
    for (const folder of [old, young]) mkdirSync(folder, { recursive: true });
    const now = Date.now();
    utimesSync(old, now / 1000 - daySeconds - 1, now / 1000 - daySeconds - 1);
    await sweepTemporaryFolders(dataDir, now);
    expect(readdirSync(path.join(dataDir, 'tmp'))).toEqual(['young']);
  });
});
