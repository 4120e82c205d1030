import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { livingFolders, ProcessFolder, removeDeadFolders } from './index.js';

const script = fileURLToPath(new URL('../dist/testing/folder-process.js', import.meta.url));

async function startProcess(parent: string) {
  const child = spawn(process.execPath, [script, parent, 'uploads'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [folder] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, folder };
}

test.each([
  ['short', ''],
  ['long', `${'x'.repeat(120)}/`],
])(
  'the folder of a process in a %s path stays as long as it lives, also frozen, and goes after its death',
  async (_what, below) => {
    const parent = path.join(temporaryFolder(), below, 'tmp');
    const own = await ProcessFolder.make(parent, 'api');
    const { child, folder } = await startProcess(parent);
    writeFileSync(path.join(folder, 'raw.dcm'), 'a patient');
    child.kill('SIGSTOP');
    await removeDeadFolders(parent);
    expect((await livingFolders(parent)).map(({ purpose }) => purpose).sort()).toEqual(['api', 'uploads']);
    expect(existsSync(path.join(folder, 'raw.dcm'))).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect((await livingFolders(parent)).map(({ purpose }) => purpose)).toEqual(['api']);
    await removeDeadFolders(parent);
    expect(readdirSync(parent)).toEqual([path.basename(own.path)]);
    await own.remove();
    expect(readdirSync(parent)).toEqual([]);
  },
);

test('a folder of another machine counts as left behind when nobody has touched it for ten minutes', async () => {
  const parent = temporaryFolder();
  const folder = path.join(parent, 'uploads-00000000-01234567-89ab-cdef-0123-456789abcdef');
  mkdirSync(folder);
  writeFileSync(path.join(folder, '.alive'), '');
  await removeDeadFolders(parent);
  expect(existsSync(folder)).toBe(true);
  const before = new Date(Date.now() - 11 * 60_000);
  utimesSync(path.join(folder, '.alive'), before, before);
  await removeDeadFolders(parent);
  expect(existsSync(folder)).toBe(false);
});

test('what else lies there is nobody’s business', async () => {
  const parent = temporaryFolder();
  mkdirSync(path.join(parent, 'models'));
  await removeDeadFolders(parent);
  expect(readdirSync(parent)).toEqual(['models']);
});
