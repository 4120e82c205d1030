import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { serviceVersion } from './version.js';

test("the version is that of the repository's manifest", () => {
  const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  expect(serviceVersion).toBe(manifest.version);
});
