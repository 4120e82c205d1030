import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import fc from 'fast-check';
import { systemCallsOf } from '../testing/system-calls.js';
import { nameInKey } from './folder-entries.js';
import { FolderListings } from './folder-listings.js';
import { RecentChanges } from './recent-changes.js';

const names = (count: number) => Array.from({ length: count }, (_, index) => `name-${100 + index}`);

let root: string;
let folder: string;
let recent: RecentChanges;
let nowMs: number;
let listings: FolderListings;

beforeEach(() => {
  root = temporaryFolder();
  folder = path.join(root, 'many');
  mkdirSync(folder);
  recent = new RecentChanges(root, path.join(root, '.store/recent'), path.join(root, '.store/staging'));
  for (const name of names(80)) writeFileSync(path.join(folder, name), '');
  nowMs = 0;
  listings = new FolderListings(recent, () => nowMs);
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

describe('a folder of 1,000 names that is listened to', () => {
  const make = (name: string) => writeFileSync(path.join(folder, name), '');
  const listed = async () => (await listings.read(folder)).entries.map(({ name }) => name);
  const there = () => readdirSync(folder).sort();
  const tellAndMake = async (name: string) => {
    await recent.tell(path.join(folder, name), 'appears');
    make(name);
  };

  beforeEach(async () => {
    mkdirSync(path.join(root, '.store/staging'), { recursive: true });
    for (const name of names(1000)) make(name);
    // Read once to see that it is large, then to listen to it, to hear that it is, and as a whole two seconds later.
    for (const at of [0, 0, 0, 2000]) {
      nowMs = at;
      make(`other-${nowMs}`);
      await listings.read(folder);
    }
  });

  test('is not read for a name that was told, but looked at', async () => {
    make('untold');
    await tellAndMake('told');
    expect(await listed()).toEqual(there().filter((name) => name !== 'untold'));
    await recent.tell(path.join(folder, 'told'), 'goes');
    rmSync(path.join(folder, 'told'));
    expect(await listed()).toEqual(there().filter((name) => name !== 'untold'));
  });

  test('is looked at until what was told is done', async () => {
    await recent.tell(path.join(folder, 'late'), 'appears');
    expect(await listed()).not.toContain('late');
    make('late');
    await tellAndMake('told');
    expect(await listed()).toEqual(there());
  });

  test('is read for what nobody told: at once when nothing else has changed, otherwise half a minute after the last time', async () => {
    make('untold');
    expect(await listed()).toContain('untold');
    make('untold-too');
    await tellAndMake('told');
    expect(await listed()).not.toContain('untold-too');
    nowMs += 30_001;
    expect(await listed()).toEqual(there());
  });

  test('is read when nobody listens any more, and for two seconds after it is listened to again', async () => {
    await recent.end();
    for (const passedMs of [0, 0, 1900]) {
      nowMs += passedMs;
      make(`untold-${nowMs}`);
      await tellAndMake(`told-${nowMs}`);
      expect(await listed()).toEqual(there());
    }
  });

  test('is read when another one has come in its place', async () => {
    renameSync(folder, path.join(root, 'away'));
    mkdirSync(folder);
    await tellAndMake('told');
    expect(await listed()).toEqual(['told']);
  });

  test('forgets after a minute what all have heard', async () => {
    await tellAndMake('told');
    await listed();
    for (const [passedMs, left] of [
      [59_000, 2],
      [2000, 1],
    ] as const) {
      nowMs += passedMs;
      make(`after-${passedMs}`);
      await listed();
      expect(readdirSync(path.join(root, '.store/recent/many'))).toHaveLength(left);
    }
  });

  test('is listed as it is whoever changes it, removes it and makes it again, as long as that is told', async () => {
    const processes = [listings, new FolderListings(recent, () => nowMs)];
    const steps = {
      make: async (name: string) => {
        if (!existsSync(path.join(folder, name))) await tellAndMake(name);
      },
      makeFolder: async (name: string) => {
        await recent.tell(path.join(folder, name), 'appears');
        if (!existsSync(path.join(folder, name))) mkdirSync(path.join(folder, name));
      },
      remove: async (name: string) => {
        await recent.tell(path.join(folder, name), 'goes');
        rmSync(path.join(folder, name), { recursive: true, force: true });
      },
      takeBack: async (name: string) => recent.takeBack(await recent.tell(path.join(folder, name), 'goes')),
      list: async (process: number) => {
        const { entries } = await processes[process]!.read(folder);
        expect(entries.map(nameInKey)).toEqual(keysIn(folder));
      },
      pass: async (ms: number) => {
        nowMs += ms;
      },
      anew: async () => {
        renameSync(folder, path.join(root, 'away'));
        await recent.end(folder);
        rmSync(path.join(root, 'away'), { recursive: true });
        mkdirSync(folder);
        for (const name of names(1000)) make(name);
      },
      end: () => recent.end(),
    };
    const name = fc.nat({ max: 2 }).map((index) => `some-${index}`);
    const step = fc.oneof(
      {
        weight: 12,
        arbitrary: fc.tuple(
          fc.constantFrom('make' as const, 'makeFolder' as const, 'remove' as const, 'takeBack' as const),
          name,
        ),
      },
      { weight: 12, arbitrary: fc.tuple(fc.constant('list' as const), fc.nat({ max: 1 })) },
      { weight: 3, arbitrary: fc.tuple(fc.constant('pass' as const), fc.constantFrom(50, 2000, 20_000)) },
      fc.tuple(fc.constantFrom('anew' as const, 'end' as const), fc.constant(undefined)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (all) => {
        for (const [kind, value] of all) await steps[kind](value as never);
      }),
      { numRuns: 60 },
    );
  });
});

function keysIn(folder: string): string[] {
  const found = readdirSync(folder, { withFileTypes: true });
  return found.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
}
