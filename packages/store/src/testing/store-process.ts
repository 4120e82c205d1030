/**
 * A process that writes to a store for the tests: `node store-process.js <store URL> <job> [number]`. It prints a line
 * for every acknowledged write.
 */
import { PreconditionFailed } from '../errors.js';
import type { ObjectStore } from '../object-store.js';
import { openObjectStore } from '../open-object-store.js';
import { sealed } from './sealed.js';

const text = (value: string) => new TextEncoder().encode(value);
const say = (line: string) => new Promise<void>((resolve) => process.stdout.write(`${line}\n`, () => resolve()));

const jobs: Record<string, (store: ObjectStore, count: number) => Promise<void>> = {
  /** Overwrites objects of all sizes, conditionally and not, until it is killed. */
  async overwrite(store, first) {
    for (let number = first; ; number++) {
      const length = (number * 7919) % 300_000;
      const body = text(sealed(number, length));
      if (number % 2) await store.put('race/sealed', body);
      else await store.put('race/sealed', body, { ifMatch: (await store.get('race/sealed'))!.etag });
      await store.put(`race/new/${number}`, body, { ifAbsent: true });
      if (number % 3 === 0) await store.delete(`race/new/${number}`);
      await say(String(number));
    }
  },

  /** Increments one counter `count` times. */
  async increment(store, count) {
    for (let done = 0; done < count; ) {
      const { bytes, etag } = (await store.get('race/counter'))!;
      const next = Number(new TextDecoder().decode(bytes)) + 1;
      try {
        await store.put('race/counter', text(String(next)), { ifMatch: etag });
        done++;
        await say(String(next));
      } catch (error) {
        if (!(error instanceof PreconditionFailed)) throw error;
      }
    }
  },

  /** Tries to create `count` objects and says which ones it created. */
  async create(store, count) {
    for (let i = 0; i < count; i++) {
      try {
        await store.put(`race/once/${i}`, text(`${process.pid}`), { ifAbsent: true });
        await say(String(i));
      } catch (error) {
        if (!(error instanceof PreconditionFailed)) throw error;
      }
    }
  },

  /** Makes `count` folders with an object in each, and removes every other one again. */
  async addFolders(store, count) {
    for (let i = 0; i < count; i++) {
      const key = `many/added-${i}/object`;
      await store.put(key, text(String(i)), { ifAbsent: true });
      await say(`+added-${i}`);
      if (i % 2 === 1) continue;
      if (i % 4 === 0) await store.delete(key);
      else await store.deleteFolder(`many/added-${i}/`);
      await say(`-added-${i}`);
    }
  },

  /** Writes one object of `sizeBytes` and says what became of it. */
  async write(store, sizeBytes) {
    try {
      await store.put('race/object', new Uint8Array(sizeBytes));
      await say('written');
    } catch (error) {
      await say(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    }
  },

  /** The same without root's rights, so that permissions count. */
  async writeUnprivileged(store, sizeBytes) {
    if (process.getuid?.() === 0) process.seteuid?.(65_534);
    await jobs.write!(store, sizeBytes);
  },
};

/** Puts `count` images of an upload into a data set in one commit, and says how many are there after each. */
async function commitImages(storeUrl: string, datasetId: string, uploadId: string, count: number): Promise<void> {
  // Loaded for this job alone: the objects of the other ones start in half the time without.
  const [{ openStore }, { imageContent, imageDescription }] = await Promise.all([
    import('../store.js'),
    import('./test-images.js'),
  ]);
  const store = openStore(storeUrl);
  const { images } = store.tenant('default');
  const all = [];
  for (let file = 0; file < count; file++) {
    const place = { uploadId, file, frame: 0 };
    all.push(await images.prepare(datasetId, imageDescription(), imageContent(`${file}`), place));
  }
  const put = store.objects.put.bind(store.objects);
  let created = 0;
  Object.assign(store.objects, {
    put: async (...args: Parameters<typeof put>) => {
      const result = await put(...args);
      if (args[0].includes('/images/')) await say(String(++created));
      return result;
    },
  });
  await images.commit(datasetId, all);
}

const [url, job, count] = process.argv.slice(2);
const [name, datasetId, uploadId] = job!.split(' ');
if (name === 'commitImages') await commitImages(url!, datasetId!, uploadId!, Number(count));
else await jobs[name!]!(openObjectStore(url!), Number(count));
