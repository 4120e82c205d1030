import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { SmallDisk, temporaryFolder, whyNoSmallDisk } from '@mediclip/testing';
import { mediclip, mediclipInTurn } from '../testing/run-mediclip.js';

const noDisk = whyNoSmallDisk();
if (noDisk) console.warn(`NOT RUN: the read-only data folder, because ${noDisk}.`);
const onDisk = noDisk ? test.skip : test;
if (process.platform !== 'linux') console.warn('NOT RUN: the data folder in /proc, because there is none.');
const onLinux = process.platform === 'linux' ? test : test.skip;

/** What `mediclip serve` says that cannot start: one sentence, and no stack. */
async function sentence(settings: Readonly<Record<string, string>>, run = mediclipInTurn): Promise<string> {
  const given = { MEDICLIP_DATA_DIR: temporaryFolder(), MEDICLIP_PORT: '0', ...settings };
  const { end, stderr } = await run(['serve'], given);
  expect([end, stderr]).toEqual([1, expect.stringMatching(/^mediclip: [^\n]+\n$/)]);
  return stderr;
}

function file(content = ''): string {
  const name = path.join(temporaryFolder(), 'file');
  writeFileSync(name, content);
  return name;
}

describe('one sentence says that', () => {
  test.each(['file://host/folder', 's3://', 's3://bucket?colour=red'])('the store URL %s is of no use', async (url) => {
    expect(await sentence({ MEDICLIP_STORE_URL: url })).toMatch(/store/i);
  });

  test('the data folder is a file', async () => {
    const name = file();
    expect(await sentence({ MEDICLIP_DATA_DIR: name }, mediclip)).toContain(name);
  });

  onLinux('the data folder, or that of the store, is where no folders can be made', async () => {
    for (const settings of [{ MEDICLIP_DATA_DIR: '/proc/nope' }, { MEDICLIP_STORE_URL: 'file:///proc/nope' }]) {
      expect(await sentence(settings)).toContain("mkdir '/proc/nope'");
    }
  });

  test('the keys file is a folder, is missing, or holds something else', async () => {
    const folder = temporaryFolder();
    mkdirSync(path.join(folder, 'keys'));
    for (const keys of [path.join(folder, 'keys'), path.join(folder, 'none'), file('{"keys": 1}'), file('no JSON')]) {
      expect(await sentence({ MEDICLIP_API_KEYS_FILE: keys })).toContain(keys);
    }
  });

  onDisk('the file system of the data folder is read-only', async () => {
    const disk = new SmallDisk(1);
    try {
      await disk.setWritable(false);
      expect(await sentence({ MEDICLIP_DATA_DIR: disk.folder })).toContain(disk.folder);
    } finally {
      disk.unmount();
    }
  });
});
