import { existsSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { makeFolder } from './make-folder.js';

describe('a folder is made', () => {
  test('with those above it, by as many as like to at once, and may be there', async () => {
    const top = path.join(temporaryFolder(), 'a');
    const folder = path.join(top, 'b', 'c');
    await Promise.all(Array.from({ length: 8 }, () => makeFolder(folder, { mode: 0o700 })));
    await makeFolder(folder);
    await makeFolder('/');
    for (const made of [top, folder]) expect(statSync(made).mode & 0o777).toBe(0o700);
  });

  test('neither below a file nor where no new names are taken', async () => {
    const file = path.join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    await expect(makeFolder(file)).rejects.toThrow(file);
    await expect(makeFolder(path.join(file, 'a', 'b'))).rejects.toThrow(file);
    if (existsSync('/proc/self')) await expect(makeFolder('/proc/nope/a/b')).rejects.toThrow("mkdir '/proc/nope'");
  });
});
