import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ObjectStore } from '../object-store.js';
import { openObjectStore } from '../open-object-store.js';
import { linesOf, startStoreProcess } from './run-store-process.js';
import { sealed } from './sealed.js';

const text = (value: string) => new TextEncoder().encode(value);

/** What every driver must keep to when several processes write and die. `url` is the URL of an empty store. */
export function describeStoreProcesses(name: string, url: () => string): void {
  describe(`object store between processes: ${name}`, () => {
    let store: ObjectStore;
    beforeAll(() => {
      store = openObjectStore(url());
    });
    afterAll(() => store.close());
    const read = async (key: string) => new TextDecoder().decode((await store.get(key))?.bytes);

    test('a writer killed in the middle leaves whole objects only, and everything it acknowledged', async () => {
      await store.put('race/sealed', text(sealed(0, 0)));
      let next = 1;
      for (const lastLine of [1, 3, 6, 12]) {
        const writer = startStoreProcess(url(), 'overwrite', next);
        let acknowledged = 0;
        let count = 0;
        for await (const line of writer.lines) {
          acknowledged = Number(line);
          count++;
          if (count === lastLine) setImmediate(() => writer.child.kill('SIGKILL'));
        }
        expect(await writer.ended).toBe('SIGKILL');
        expect(acknowledged).toBeGreaterThanOrEqual(next);

        const content = await read('race/sealed');
        const [number, length] = content.split(' ').map(Number);
        expect(content).toBe(sealed(number!, length!));
        expect(number).toBeGreaterThanOrEqual(acknowledged);

        const created = await store.list('race/new/', { limit: 1000 });
        for (const { key } of created) {
          const whole = await read(key);
          expect(whole).toBe(sealed(Number(key.split('/').at(-1)), Number(whole.split(' ')[1])));
        }
        const keys = new Set(created.map(({ key }) => key));
        for (let made = next; made <= acknowledged; made++) expect(keys.has(`race/new/${made}`)).toBe(made % 3 !== 0);
        await store.deleteFolder('race/new/');
        next = number! + 2;
      }
    });

    test('no increment by two processes is lost', async () => {
      await store.put('race/counter', text('0'));
      const said = await Promise.all([1, 2].map(() => linesOf(startStoreProcess(url(), 'increment', 40))));
      expect(await read('race/counter')).toBe('80');
      expect(
        said
          .flat()
          .map(Number)
          .sort((a, b) => a - b),
      ).toEqual(Array.from({ length: 80 }, (_, i) => i + 1));
    });

    test('of two processes exactly one creates an object', async () => {
      const processes = [1, 2].map(() => startStoreProcess(url(), 'create', 60));
      const said = await Promise.all(processes.map(linesOf));
      expect(
        said
          .flat()
          .map(Number)
          .sort((a, b) => a - b),
      ).toEqual(Array.from({ length: 60 }, (_, i) => i));
      for (const [i, { child }] of processes.entries()) {
        for (const created of said[i]!) expect(await read(`race/once/${created}`)).toBe(String(child.pid));
      }
    });
  });
}
