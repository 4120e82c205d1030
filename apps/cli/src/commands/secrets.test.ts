import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { apiKeysFileSchema } from '@mediclip/contracts';
import { parseServers } from '@mediclip/dicomweb';
import { temporaryFolder } from '@mediclip/testing';
import { mediclip } from '../testing/run-mediclip.js';

test('secrets makes what a folder lacks, prints the first key once, and leaves what is there', async () => {
  const folder = path.join(temporaryFolder(), 'secrets');
  const read = () =>
    Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]));

  const first = await mediclip(['secrets', folder, '--tenant', 'my-team']);
  expect(first).toMatchObject({ end: 0, stdout: expect.stringMatching(/^mcl_[\w-]{43}\n$/) });
  const made = read();
  expect(Object.keys(made).sort()).toEqual(['api_keys.json', 'redis_password', 's3_credentials']);
  expect(made.redis_password).toMatch(/^[0-9a-f]{64}$/);
  const sha256 = createHash('sha256').update(first.stdout.trim()).digest('hex');
  expect(apiKeysFileSchema.parse(JSON.parse(made['api_keys.json']!)).keys).toMatchObject([
    { tenant: 'my-team', sha256 },
  ]);
  for (const name of Object.keys(made)) expect(statSync(path.join(folder, name)).mode & 0o007).toBe(0);

  expect(await mediclip(['secrets', folder])).toEqual({ end: 0, stdout: '', stderr: '' });
  expect(read()).toEqual(made);

  const quiet = { end: 0, stdout: '', stderr: '' };
  expect(await mediclip(['secrets', folder, '--tenant', 'my-team', '--pacs'])).toEqual(quiet);
  const { 'api_keys.json': keys, ...rest } = read();
  const { 'api_keys.json': _, ...before } = made;
  expect(rest).toMatchObject(before);
  const key = createHash('sha256').update(rest.orthanc_api_key!).digest('hex');
  expect(apiKeysFileSchema.parse(JSON.parse(keys!)).keys).toMatchObject([
    { sha256 },
    { tenant: 'my-team', sha256: key, note: 'of Orthanc' },
  ]);
  const [server] = parseServers(path.join(folder, 'dicomweb_servers.json'));
  expect(server).toMatchObject({ name: 'pacs', tenants: ['my-team'] });
  const [, login] = readFileSync(server!.headerFiles.Authorization!, 'utf8').split('Basic ');
  expect(Buffer.from(login!, 'base64').toString()).toBe(`mediclip:${rest.orthanc_password}`);
  expect(rest.dicom_references_key!.length).toBeGreaterThanOrEqual(32);
  expect(await mediclip(['secrets', folder, '--pacs'])).toEqual(quiet);
  expect(read()).toEqual({ ...rest, 'api_keys.json': keys });
});
