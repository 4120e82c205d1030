import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { MemoryStore } from '../testing/memory-store.js';
import { Documents } from './documents.js';

/** A store whose objects were written `ageMs` ago, and which counts what is read of it. */
class AgedStore extends MemoryStore {
  ageMs = 10_000;
  reads = 0;

  override async head(key: string) {
    const info = await super.head(key);
    return info && { ...info, modifiedAt: new Date(Date.now() - this.ageMs) };
  }

  override get(key: string) {
    this.reads++;
    return super.get(key);
  }
}

async function storeWith(name: string) {
  const objects = new AgedStore();
  const documents = new Documents(objects, z.strictObject({ name: z.string() }));
  await documents.create('record', { name });
  const nameNow = async () => (await documents.readShared('record'))?.value.name;
  return { objects, documents, nameNow };
}

test('a shared record at rest is read once, until it changes or goes', async () => {
  const { objects, documents, nameNow } = await storeWith('first');
  expect([await nameNow(), await nameNow(), await nameNow()]).toEqual(['first', 'first', 'first']);
  expect(objects.reads).toBe(1);
  expect(await documents.readShared('record')).toBe(await documents.readShared('record'));
  expect(Object.isFrozen((await documents.readShared('record'))?.value)).toBe(true);
  await documents.update('record', () => ({ name: 'second' }));
  expect(await nameNow()).toBe('second');
  await objects.delete('record');
  expect(await nameNow()).toBeUndefined();
});

test('one that was just written is read again, for the next write may have the same time stamp', async () => {
  const { objects, documents, nameNow } = await storeWith('first');
  objects.ageMs = 1000;
  expect([await nameNow(), await nameNow()]).toEqual(['first', 'first']);
  expect(objects.reads).toBe(2);
  expect(await documents.readShared('record')).toBe(await documents.readShared('record'));
});
