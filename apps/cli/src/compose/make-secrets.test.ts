import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { apiKeysFileSchema } from '@mediclip/contracts';
import { temporaryFolder } from '@mediclip/testing';
import { readCompose } from './testing/compose-file.js';

const script = fileURLToPath(new URL('../../../../scripts/make-secrets.sh', import.meta.url));

test('make-secrets.sh writes every secret of the compose file once', () => {
  const folder = temporaryFolder();
  const copy = path.join(folder, 'scripts', 'make-secrets.sh');
  mkdirSync(path.dirname(copy));
  copyFileSync(script, copy);
  const secrets = path.join(folder, 'secrets');
  const read = () =>
    Object.fromEntries(readdirSync(secrets).map((name) => [name, readFileSync(path.join(secrets, name), 'utf8')]));

  expect(spawnSync('sh', [copy]).status).toBe(0);
  const made = read();
  const named = Object.values(readCompose().secrets).map(({ file }) => path.basename(file));
  expect(Object.keys(made).sort()).toEqual(named.sort());
  expect(made.redis_password).toMatch(/^[0-9a-f]{64}$/);
  expect(apiKeysFileSchema.parse(JSON.parse(made['api_keys.json']!)).keys).toEqual([]);
  expect(statSync(secrets).mode & 0o777).toBe(0o700);

  expect(spawnSync('sh', [copy]).status).toBe(0);
  expect(read()).toEqual(made);
});
