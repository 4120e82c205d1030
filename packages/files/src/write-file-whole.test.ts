import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { writeFileWhole, writeFully } from './index.js';

test('a file is replaced whole, by bytes, text or a writer', async () => {
  const file = path.join(temporaryFolder(), 'a.bin');
  await writeFileWhole(file, 'text');
  expect(readFileSync(file, 'utf8')).toBe('text');
  await writeFileWhole(file, new Uint8Array([1, 2]));
  expect([...readFileSync(file)]).toEqual([1, 2]);
  await writeFileWhole(file, async (handle) => {
    await writeFully(handle, new Uint8Array([1, 2, 3]));
    await writeFully(handle, new Uint8Array([9]), 1);
  });
  expect([...readFileSync(file)]).toEqual([1, 9, 3]);
});

test('a writer that fails leaves the file as it was, and nothing beside it', async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'a.bin');
  await writeFileWhole(file, 'old');
  const failing = writeFileWhole(file, async (handle) => {
    await handle.write('half');
    throw new Error('no more');
  });
  await expect(failing).rejects.toThrow('no more');
  expect(readFileSync(file, 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['a.bin']);
});

test('two writers at once do not meet', async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'list');
  const contents = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(50_000));
  await Promise.all(contents.map((content) => writeFileWhole(file, content)));
  expect(contents).toContain(readFileSync(file, 'utf8'));
  expect(readdirSync(folder)).toEqual(['list']);
});
