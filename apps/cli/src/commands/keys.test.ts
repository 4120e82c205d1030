import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { apiKeysFileSchema } from '@mediclip/contracts';
import { temporaryFolder } from '@mediclip/testing';
import { folderWith } from '../testing/example-set.js';
import { mediclip, mediclipEvents } from '../testing/run-mediclip.js';

const newFile = () => path.join(temporaryFolder(), 'secrets', 'keys.json');
const keysIn = (file: string) => apiKeysFileSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).keys;
const hash = (key: string) => createHash('sha256').update(key).digest('hex');

test('a key is printed once and stored as its hash, in a file for its owner only', async () => {
  const file = newFile();
  const { end, stdout, stderr } = await mediclip(['keys', 'create', 'radiology', '--file', file, '--note', 'demo']);
  expect({ end, key: stdout }).toEqual({ end: 0, key: expect.stringMatching(/^mcl_[\w-]{43}\n$/) });
  const [stored] = keysIn(file);
  expect(stored).toMatchObject({ tenant: 'radiology', sha256: hash(stdout.trim()), note: 'demo' });
  expect(stderr).toContain(stored!.id);
  expect(readFileSync(file, 'utf8') + stderr).not.toContain(stdout.trim());
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(path.dirname(file))).toEqual(['keys.json']);
});

test('keys are added, listed and withdrawn one by one', async () => {
  const file = newFile();
  const environment = { MEDICLIP_API_KEYS_FILE: file };
  const run = (...args: string[]) => mediclip(['keys', ...args], environment);
  const made = [await run('create', 'a'), await run('create', 'b'), await run('create', 'a')];
  chmodSync(file, 0o640);
  const before = keysIn(file);
  expect(before.map(({ sha256 }) => sha256)).toEqual(made.map(({ stdout }) => hash(stdout.trim())));

  const lines = (await run('list')).stdout.trimEnd().split('\n');
  expect(lines).toEqual(before.map(({ id, createdAt, tenant }) => `${id}  ${createdAt}  ${tenant}`));
  expect(await mediclipEvents(['keys', 'list', '--file', file])).toEqual(
    before.map(({ id, createdAt, tenant }) => ({ event: 'key', id, createdAt, tenant })),
  );

  expect((await run('revoke', before[1]!.id)).end).toBe(0);
  expect(keysIn(file)).toEqual([before[0], before[2]]);
  expect(statSync(file).mode & 0o777).toBe(0o640);
});

describe('refused, with the file left as it is', () => {
  async function refused(content: string, ...args: string[]): Promise<string> {
    const folder = folderWith({ 'keys.json': content });
    const file = path.join(folder, 'keys.json');
    const { end, stdout, stderr } = await mediclip(['keys', ...args, '--file', file]);
    expect({ end, stdout }).toEqual({ end: 1, stdout: '' });
    expect(readFileSync(file, 'utf8')).toBe(content);
    expect(readdirSync(folder)).toEqual(['keys.json']);
    return stderr;
  }
  const empty = '{"schemaVersion": 1, "keys": []}';

  test('what is no keys file', async () => {
    expect(await refused('my diary', 'create', 'a')).toMatch(/^mediclip: \S+ is no keys file, not even JSON: .*\n$/);
    expect(await refused('{"schemaVersion": 2, "keys": []}', 'create', 'a')).toMatch(/no keys file \(schemaVersion: /);
    expect(await refused('[]', 'list')).toMatch(/is no keys file \(as a whole: /);
  });

  test('a tenant, a note or an id that does not fit', async () => {
    expect(await refused(empty, 'create', 'A tenant')).toMatch(
      /"A tenant" is no tenant: A tenant has 1 to 63 lower-case/,
    );
    expect(await refused(empty, 'create', 'a', '--note', 'x'.repeat(201))).toMatch(
      /more than 200 characters: shorten it/,
    );
    expect(await refused(empty, 'revoke', 'x')).toMatch(/has no key x: see `mediclip keys list`\.\n$/);
  });
});

test('of two that change the file at once, one is sent away', async () => {
  const file = path.join(folderWith({ 'keys.json.partial': '' }), 'keys.json');
  const { end, stderr } = await mediclip(['keys', 'create', 'a', '--file', file]);
  expect({ end, stderr }).toEqual({
    end: 1,
    stderr: `mediclip: Another \`mediclip keys\` is changing ${file}: try again, or remove ${file}.partial if none is.\n`,
  });
  expect(existsSync(file)).toBe(false);
});

test('a list is not made where there is no file', async () => {
  const file = newFile();
  for (const args of [['list'], ['revoke', 'x']]) {
    const { end, stderr } = await mediclip(['keys', ...args, '--file', file]);
    expect({ end, stderr }).toEqual({ end: 1, stderr: expect.stringMatching(/There is no keys file .*keys create/) });
  }
  expect(existsSync(path.dirname(file))).toBe(false);
});
