import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InvalidKey, PreconditionFailed } from '../errors.js';
import type { ObjectStore } from '../object-store.js';
import { collect } from './test-store.js';

const text = (value: string) => new TextEncoder().encode(value);
const textOf = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);
const all = { limit: 1000 };

/** Chunks of 64 KiB, `count` of them, then `failure` if there is one. */
async function* chunks(count: number, failure?: Error): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) yield new Uint8Array(65_536).fill(i);
  if (failure) throw failure;
}

/**
 * What every driver of the object store must do. `open` gives one more store on the same objects, as another process
 * has it.
 */
export function describeObjectStore(name: string, open: () => ObjectStore): void {
  describe(`object store conformance: ${name}`, () => {
    let store: ObjectStore;
    let other: ObjectStore;
    let folders = 0;
    const newFolder = () => `area-${folders++}/`;
    const keysOf = async (prefix: string, after?: string) =>
      (await store.list(prefix, after === undefined ? all : { ...all, after })).map(({ key }) => key);

    beforeAll(() => {
      store = open();
      other = open();
    });
    afterAll(() => Promise.all([store.close(), other.close()]));

    test('is reachable', () => store.check());

    test('gives back what was put, and replaces it as a whole', async () => {
      const key = `${newFolder()}a/b.json`;
      expect(await store.get(key)).toBeUndefined();
      expect(await store.head(key)).toBeUndefined();
      expect(await store.getStream(key)).toBeUndefined();
      const first = await store.put(key, text('one'));
      expect(first.sizeBytes).toBe(3);
      expect((await other.get(key))?.etag).toBe(first.etag);
      await other.put(key, text('three'));
      expect(textOf((await store.get(key))?.bytes)).toBe('three');
      const info = await store.head(key);
      expect(info).toMatchObject({ key, sizeBytes: 5 });
      expect(info!.modifiedAt.getTime()).toBeGreaterThan(Date.UTC(2020));
      expect((await other.head(key))!.version).toBe(info!.version);
      await other.put(key, text('seven'));
      expect((await store.head(key))!.version).not.toBe(info!.version);
    });

    test('keeps empty objects', async () => {
      const key = `${newFolder()}empty`;
      await store.put(key, new Uint8Array());
      expect((await store.get(key))?.bytes).toHaveLength(0);
      const found = await store.getStream(key);
      expect(found?.sizeBytes).toBe(0);
      expect(await buffer(found!.stream)).toHaveLength(0);
    });

    test('streams in and out, byte for byte', async () => {
      const key = `${newFolder()}large`;
      const { sizeBytes } = await store.put(key, chunks(180));
      expect(sizeBytes).toBe(180 * 65_536);
      const hash = createHash('sha256');
      const expected = createHash('sha256');
      for await (const chunk of chunks(180)) expected.update(chunk);
      for await (const chunk of (await store.getStream(key))!.stream) hash.update(chunk);
      expect(hash.digest('hex')).toBe(expected.digest('hex'));
    });

    test('a stream that fails leaves neither a new object nor a changed one', async () => {
      const folder = newFolder();
      await store.put(`${folder}old`, text('old'));
      const failing = () => chunks(100, new Error('the client went away'));
      await expect(store.put(`${folder}new`, failing())).rejects.toThrow('the client went away');
      await expect(store.put(`${folder}old`, failing())).rejects.toThrow('the client went away');
      expect(await keysOf(folder)).toEqual([`${folder}old`]);
      expect(textOf((await store.get(`${folder}old`))?.bytes)).toBe('old');
    });

    test('ifAbsent creates once', async () => {
      const key = `${newFolder()}once`;
      await store.put(key, text('first'), { ifAbsent: true });
      await expect(other.put(key, text('second'), { ifAbsent: true })).rejects.toThrow(PreconditionFailed);
      expect(textOf((await store.get(key))?.bytes)).toBe('first');
      await store.delete(key);
      await other.put(key, text('third'), { ifAbsent: true });
      expect(textOf((await store.get(key))?.bytes)).toBe('third');
    });

    test('ifMatch replaces only the content that was read', async () => {
      const key = `${newFolder()}matched`;
      const { etag } = await store.put(key, text('1'));
      const second = await other.put(key, text('2'), { ifMatch: etag });
      await expect(store.put(key, text('3'), { ifMatch: etag })).rejects.toThrow(PreconditionFailed);
      expect(textOf((await store.get(key))?.bytes)).toBe('2');
      await store.delete(key);
      await expect(store.put(key, text('4'), { ifMatch: second.etag })).rejects.toThrow(PreconditionFailed);
      expect(await store.get(key)).toBeUndefined();
    });

    test('of many writers with one condition exactly one wins', async () => {
      const folder = newFolder();
      const { etag } = await store.put(`${folder}matched`, text('start'));
      for (const [key, condition] of [
        [`${folder}absent`, { ifAbsent: true }],
        [`${folder}matched`, { ifMatch: etag }],
      ] as const) {
        const outcomes = await Promise.allSettled(
          Array.from({ length: 12 }, (_, i) => (i % 2 ? store : other).put(key, text(`writer ${i}`), condition)),
        );
        const winners = outcomes.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []));
        expect(winners).toHaveLength(1);
        expect(textOf((await store.get(key))?.bytes)).toBe(`writer ${winners[0]}`);
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(PreconditionFailed);
        }
      }
    });

    test('increments by many writers are never lost', async () => {
      const key = `${newFolder()}counter`;
      await store.put(key, text('0'));
      const increment = async (own: ObjectStore): Promise<void> => {
        for (;;) {
          const { bytes, etag } = (await own.get(key))!;
          try {
            await own.put(key, text(String(Number(textOf(bytes)) + 1)), { ifMatch: etag });
            return;
          } catch (error) {
            if (!(error instanceof PreconditionFailed)) throw error;
          }
        }
      };
      await Promise.all(Array.from({ length: 10 }, (_, i) => increment(i % 2 ? store : other)));
      expect(textOf((await store.get(key))?.bytes)).toBe('10');
    });

    test('deletes, and an absent object is fine', async () => {
      const folder = newFolder();
      await store.put(`${folder}deep/er/object`, text('x'));
      await other.delete(`${folder}deep/er/object`);
      await store.delete(`${folder}deep/er/object`);
      await store.delete(`${folder}deep`);
      expect(await keysOf(folder)).toEqual([]);
      expect(await store.listFolders(folder, all)).toEqual([]);
    });

    test('deletes folders with everything inside and nothing beside', async () => {
      const folder = newFolder();
      for (const name of ['gone/a', 'gone/b/c', 'gone-not', 'gone.not/x']) await store.put(folder + name, text(name));
      await store.deleteFolder(`${folder}gone/`);
      await store.deleteFolder(`${folder}never-there/`);
      expect(await keysOf(folder)).toEqual([`${folder}gone-not`, `${folder}gone.not/x`]);
      await store.put(`${folder}gone/a`, text('again'));
      expect(textOf((await other.get(`${folder}gone/a`))?.bytes)).toBe('again');
    });

    test('lists keys and folders in byte order from any place, whole or in pieces', async () => {
      const folder = newFolder();
      const name = fc.constantFrom('a', 'a-', 'a.', 'a0', 'aa', 'b', '_', '0');
      const keys = fc.uniqueArray(
        fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => [...names, 'o'].join('/')),
        { minLength: 1, maxLength: 12 },
      );
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(keys, fc.integer({ min: 1, max: 4 }), async (names, limit) => {
          const area = `${folder}${runs++}/`;
          for (const key of names) await store.put(area + key, text(key));
          const sorted = names.map((key) => area + key).sort();
          expect(await keysOf(area)).toEqual(sorted);
          for (const after of [...sorted, `${area}a`, `${area}a/~`]) {
            expect(await keysOf(area, after)).toEqual(sorted.filter((key) => key > after));
            expect(await collect(store.keys(area, after))).toEqual(sorted.filter((key) => key > after));
            expect(await collect(store.keys(area, after, limit))).toEqual(sorted.filter((key) => key > after));
          }
          expect(await keysOf(`${area}a`)).toEqual(sorted.filter((key) => key.startsWith(`${area}a`)));
          expect(await collect(store.keys(`${area}a`))).toEqual(sorted.filter((key) => key.startsWith(`${area}a`)));
          const folders = [...new Set(names.map((key) => key.slice(0, key.indexOf('/') + 1)))].sort();
          const walked: string[] = [];
          for (let after: string | undefined; ; after = walked.at(-1)) {
            const page = await store.listFolders(area, after === undefined ? { limit } : { limit, after });
            expect(page.length).toBeLessThanOrEqual(limit);
            if (page.length === 0) break;
            walked.push(...page);
          }
          expect(walked.map((found) => `${found}/`)).toEqual(folders);
          const backwards: string[] = [];
          for (let before = '~'; ; before = backwards.at(-1)!) {
            const page = await store.listFoldersBefore(area, { before, limit });
            if (page === undefined) return;
            expect(page.length).toBeLessThanOrEqual(limit);
            if (page.length === 0) break;
            backwards.push(...page);
          }
          expect(backwards.map((found) => `${found}/`)).toEqual([...folders].reverse());
        }),
        { numRuns: 12 },
      );
    });

    test.each([
      '',
      '/',
      '/etc/passwd',
      '../x',
      'a/../b',
      'a//b',
      'a/',
      './a',
      '.store/x',
      'a\\b',
      'A',
      'ä',
      'a\0b',
      'c:x',
      '-a',
      `${'x'.repeat(129)}`,
    ])('refuses the key %j', async (key) => {
      for (const refused of [
        () => store.put(key, text('x')),
        () => store.get(key),
        () => store.getStream(key),
        () => store.head(key),
        () => store.delete(key),
        () => store.deleteFolder(`${key}/`),
        () => store.listFolders(`${key}/`, all),
      ]) {
        await expect(refused()).rejects.toThrow(InvalidKey);
      }
    });

    test('sweeping spares what is whole', async () => {
      const key = `${newFolder()}kept`;
      await store.put(key, text('kept'));
      await store.sweep();
      expect(textOf((await store.get(key))?.bytes)).toBe('kept');
    });
  });
}
