import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newId } from '@mediclip/store';
import { temporaryFolder } from '@mediclip/testing';
import { closeSharedPool, TestService } from '../testing/test-service.js';

const mine = 'mine-1234567890';
const apiKeysFile = path.join(temporaryFolder(), 'keys.json');
const ids: Record<string, string> = { [mine]: newId(), other: newId() };

function writeKeys(keys: readonly string[]): void {
  const entries = keys.map((key) => ({
    id: ids[key],
    tenant: 'clinic-a',
    sha256: createHash('sha256').update(key).digest('hex'),
    createdAt: new Date().toISOString(),
  }));
  writeFileSync(apiKeysFile, JSON.stringify({ schemaVersion: 1, keys: entries }));
}

let service: TestService;
beforeAll(async () => {
  writeKeys([mine, 'other']);
  service = await TestService.start({ settings: { apiKeysFile } });
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

async function signIn(key = mine, headers: Record<string, string> = {}): Promise<{ cookie: string; whole: string }> {
  const answer = await service.post('/session', { json: { key }, headers });
  expect(answer.json).toEqual({ keysNeeded: true, signedIn: true, tenant: 'clinic-a', keyId: ids[key] });
  const whole = answer.headers.get('set-cookie')!;
  return { cookie: whole.split(';')[0]!, whole };
}

describe('a session', () => {
  test('is a signed cookie that scripts and other sites cannot have, and that does not hold the key', async () => {
    const { whole } = await signIn();
    expect(whole).toMatch(/^mediclip_session=[\w.-]+; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict$/);
    expect(whole).not.toContain(mine);
    expect((await signIn(mine, { 'x-forwarded-proto': 'https' })).whole).toMatch(/; Secure$/);
  });

  test('reads like its key, and changes things from its own page only', async () => {
    const { cookie } = await signIn();
    expect((await service.get('/v1/datasets', { headers: { cookie } })).status).toBe(200);
    const json = { name: 'a' };
    for (const site of [undefined, 'cross-site', 'same-site', 'none']) {
      const headers = { cookie, ...(site && { 'sec-fetch-site': site }) };
      expect(await service.post('/v1/datasets', { json, headers })).toMatchObject({
        status: 403,
        problem: 'cross-site-request',
      });
    }
    const headers = { cookie, 'sec-fetch-site': 'same-origin' };
    expect((await service.post('/v1/datasets', { json, headers })).status).toBe(201);
  });

  test('is refused for a wrong key, and when a letter of its cookie is another', async () => {
    expect(await service.post('/session', { json: { key: 'wrong' } })).toMatchObject({ status: 401 });
    const { cookie } = await signIn();
    const forged = cookie.slice(0, -1) + (cookie.endsWith('A') ? 'B' : 'A');
    const ofOther = cookie.replace(ids[mine]!, ids.other!);
    for (const headers of [{ cookie: forged }, { cookie: ofOther }, {}]) {
      expect((await service.get('/v1/datasets', { headers })).status).toBe(401);
      expect((await service.get('/session', { headers })).json).toEqual({ keysNeeded: true, signedIn: false });
    }
  });

  test('ends with a request to end it', async () => {
    const answer = await service.delete('/session');
    expect(answer.status).toBe(204);
    expect(answer.headers.get('set-cookie')).toMatch(/^mediclip_session=; Path=\/; Max-Age=0;/);
  });

  test('ends with its key, and so do its streams of events', async () => {
    const { cookie } = await signIn();
    const stream = await fetch(`${service.url}/v1/jobs/events`, { headers: { cookie } });
    const ended = stream.text();
    writeKeys(['other']);
    expect(await ended).toMatch(/^: ok/);
    expect((await service.get('/session', { headers: { cookie } })).json.signedIn).toBe(false);
    writeKeys([mine, 'other']);
  });
});

test('a server without keys lets everybody in', async () => {
  const open = await TestService.start();
  const letIn = { keysNeeded: false, signedIn: true, tenant: 'default' };
  expect((await open.get('/session')).json).toEqual(letIn);
  expect((await open.post('/session', { json: { key: 'any' } })).json).toEqual(letIn);
  await open.stop();
});
