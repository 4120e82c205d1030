import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { makeFolder } from '@mediclip/files';
import { temporaryFolder } from '@mediclip/testing';
import { InvalidKey, StoreUnavailable } from '../errors.js';
import { describeObjectStore } from '../testing/conformance.js';
import { Claims } from './claims.js';
import { FileSystemStore } from './file-system-store.js';
import { stage, stageNothing } from './staging.js';

/** Negative, because file times are finer than the clock's milliseconds. */
const everyAge = -1000;

const shared = temporaryFolder();
describeObjectStore('file system', () => new FileSystemStore(shared));

const text = (value: string) => new TextEncoder().encode(value);
const names = (folder: string) => readdirSync(folder, { recursive: true }).map(String);

describe('the folder', () => {
  test('holds nothing but the objects when no write is under way', async () => {
    const root = temporaryFolder();
    const store = new FileSystemStore(root);
    const { etag } = await store.put('a/b', text('1'));
    await store.put('a/b', text('2'), { ifMatch: etag });
    await store.put('a/c', text('3'), { ifAbsent: true });
    await expect(store.put('a/c', text('4'), { ifAbsent: true })).rejects.toThrow();
    await expect(store.put('a/c', text('4'), { ifMatch: etag })).rejects.toThrow();
    await store.put('gone/x/y', text('5'));
    await store.delete('gone/x/y');
    await store.put('gone/x/y', text('6'));
    await store.deleteFolder('gone/');
    await store.check();
    const kept = names(root).filter((name) => !name.startsWith(path.join('.store', 'reserve')));
    expect(kept.sort()).toEqual(['.store', '.store/claims', '.store/staging', 'a', 'a/b', 'a/c']);
  });

  test('refuses a key inside an object, and one that is a folder', async () => {
    const store = new FileSystemStore(temporaryFolder());
    await store.put('a/b', text('1'));
    for (const condition of [{}, { ifAbsent: true } as const]) {
      await expect(store.put('a/b/c', text('2'), condition)).rejects.toThrow(InvalidKey);
      await expect(store.put('a', text('2'), condition)).rejects.toThrow(InvalidKey);
    }
  });
});

describe('a writer that stands still', () => {
  const setUp = () => {
    const root = temporaryFolder();
    const staging = path.join(root, '.store', 'staging');
    const claims = new Claims(path.join(root, '.store', 'claims'), staging, 30);
    return {
      root,
      staging,
      claims,
      store: new FileSystemStore(root, { evictClaimAfterMs: 30, leftoverAgeMs: everyAge }),
    };
  };

  test('blocks the key only for a while, and cannot publish after that', async () => {
    const { root, staging, claims, store } = setUp();
    await store.put('key', text('old'));
    const frozen = await claims.take('key', await stage(staging, text('from the frozen writer')));
    await store.put('key', text('from the successor'));
    await expect(frozen.publish(path.join(root, 'key'), makeFolder)).rejects.toThrow(StoreUnavailable);
    await frozen.release();
    expect(Buffer.from((await store.get('key'))!.bytes).toString()).toBe('from the successor');
  });

  test('cannot delete after that', async () => {
    const { root, staging, claims, store } = setUp();
    await store.put('key', text('old'));
    const frozen = await claims.take('key', await stageNothing(staging));
    await store.put('key', text('from the successor'));
    await expect(frozen.withdraw(path.join(root, 'key'))).rejects.toThrow(StoreUnavailable);
    expect(Buffer.from((await store.get('key'))!.bytes).toString()).toBe('from the successor');
  });

  test('is told by the sweep that it is dead, and its write fails as a whole', async () => {
    const { root, store } = setUp();
    async function* interrupted() {
      yield text('begin');
      await store.sweep();
      yield text('end');
    }
    await expect(store.put('key', interrupted())).rejects.toThrow(StoreUnavailable);
    await expect(store.put('key', interrupted(), { ifAbsent: true })).rejects.toThrow(StoreUnavailable);
    expect(await store.get('key')).toBeUndefined();
    expect(names(root)).not.toContain('key');
  });
});
