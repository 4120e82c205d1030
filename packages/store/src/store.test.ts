import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { InvalidKey, StoreMisconfigured } from './errors.js';
import { openStore } from './store.js';
import { collect } from './testing/test-store.js';

describe('opening a store', () => {
  const folder = temporaryFolder();
  const relative = path.relative(process.cwd(), folder);

  test.each([pathToFileURL(path.join(folder, 'a b')).href, `file:${relative}/a b`, `file:./${relative}/a%20b`])(
    'at %s finds the folder',
    async (url) => {
      const store = openStore(url);
      await store.check();
      const { id } = await store.tenant('default').datasets.create({ name: 'a' });
      expect(existsSync(path.join(folder, 'a b', 'tenants', 'default', 'datasets', id, 'dataset.json'))).toBe(true);
      expect(await collect(store.tenants())).toEqual(['default']);
      await store.close();
    },
  );

  test.each(['', 'data', 'file:', 'http://bucket', 'c:\\data'])('at %j is refused', (url) => {
    expect(() => openStore(url)).toThrow(StoreMisconfigured);
  });

  test.each(['', '..', 'A', 'a/b', 'a'.repeat(64)])('knows no tenant %j', (name) => {
    const store = openStore(pathToFileURL(folder).href);
    expect(() => store.tenant(name)).toThrow(InvalidKey);
  });
});
