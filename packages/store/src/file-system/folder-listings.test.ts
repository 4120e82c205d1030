import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { systemCallsOf } from '../testing/system-calls.js';
import { FolderListings } from './folder-listings.js';

const names = (count: number) => Array.from({ length: count }, (_, index) => `name-${100 + index}`);

let folder: string;
let nowMs: number;
let listings: FolderListings;

beforeEach(() => {
  folder = path.join(temporaryFolder(), 'many');
  mkdirSync(folder);
  for (const name of names(80)) writeFileSync(path.join(folder, name), '');
  nowMs = 0;
  listings = new FolderListings(() => nowMs);
});

/** To open the folder, look at its time stamp and close it; one more reads it. */
const looked = 3;
const read = looked + 1;

const calls = () => systemCallsOf(() => listings.read(folder));

test('a folder that is being changed is read once more when it has rested for a tenth of a second, and then kept', async () => {
  expect(await calls()).toBe(read);
  nowMs = 90;
  expect(await calls()).toBe(read);
  nowMs = 101;
  expect(await calls()).toBe(read);
  expect(await calls()).toBe(looked);
  writeFileSync(path.join(folder, 'name-180'), '');
  expect(await calls()).toBe(read);
  const { entries } = await listings.read(folder);
  expect(entries.map(({ name }) => name)).toEqual(names(81));
});

test('where time stamps have whole seconds, it has to rest for two', async () => {
  const second = Math.floor(Date.now() / 1000) + 3600;
  utimesSync(folder, second, second);
  for (const at of [0, 1500, 2001]) {
    nowMs = at;
    expect(await calls()).toBe(read);
  }
  expect(await calls()).toBe(looked);
});
