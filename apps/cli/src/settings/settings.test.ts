import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { parseSettings, SettingsError } from './settings.js';
import { settingVariables } from './variables.js';

function faults(env: Record<string, string>): readonly string[] {
  try {
    parseSettings(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  return [];
}

describe('settings', () => {
  test('an empty environment gives the defaults that the documentation names', () => {
    const settings = parseSettings({
      HOME: '/root',
      MEDICLIP_URL: 'http://elsewhere',
      MEDICLIP_HUB_TOKEN: 'secret',
      MEDICLIP_REDIS_URL: '',
    });
    expect(settings).toMatchObject({ host: '127.0.0.1', port: 8080, device: 'auto', logLevel: 'info' });
    expect(settings.dataDir).toBe(path.resolve('data'));
    expect(settings.storeUrl).toBe(`file://${path.resolve('data')}`);
    expect(settings.redisUrl).toBeUndefined();
  });

  test('every fault is listed at once', () => {
    expect(
      faults({
        MEDICLIP_PORT: 'http',
        MEDICLIP_DEVICE: 'gpu',
        MEDICLIP_PRECISION: 'float16',
        MEDICLIP_FUSED_ATTENTION: 'yes',
        MEDICLIP_REDIS_URL: 'localhost:6379',
        MEDICLIP_MAX_IMAGE_BYTES: '0',
        MEDICLIP_PRT: '1',
        MEDICLIP_HOST: '0.0.0.0',
      }),
    ).toEqual([
      'MEDICLIP_PORT must be a whole number.',
      'MEDICLIP_REDIS_URL must be a URL that begins with redis: or rediss:.',
      'MEDICLIP_DEVICE must be auto, cpu, cuda or cuda:N.',
      'MEDICLIP_PRECISION must be auto or float32.',
      'MEDICLIP_FUSED_ATTENTION must be on or off.',
      'MEDICLIP_MAX_IMAGE_BYTES must be at least 1.',
      'MEDICLIP_PRT is not a setting.',
      expect.stringContaining('MEDICLIP_HOST is not loopback'),
    ]);
  });

  test('the operations port is another than that of the API', () => {
    expect(parseSettings({}).operationsPort).toBeUndefined();
    expect(parseSettings({ MEDICLIP_OPERATIONS_PORT: '9090' })).toMatchObject({ port: 8080, operationsPort: 9090 });
    expect(faults({ MEDICLIP_OPERATIONS_PORT: '8080' })).toEqual([
      'MEDICLIP_OPERATIONS_PORT must not be MEDICLIP_PORT.',
    ]);
  });

  test('attention is one operator only where that is asked for', () => {
    expect(parseSettings({}).fusedAttention).toBe(false);
    expect(parseSettings({ MEDICLIP_FUSED_ATTENTION: 'on' }).fusedAttention).toBe(true);
  });

  test.each(['0.0.0.0', '::', '192.168.1.4', 'scans.example.org'])('listening on %s needs keys', (host) => {
    expect(faults({ MEDICLIP_HOST: host })).toHaveLength(1);
    expect(parseSettings({ MEDICLIP_HOST: host, MEDICLIP_API_KEYS_FILE: 'keys.json' }).host).toBe(host);
  });

  test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('listening on %s needs none', (host) => {
    expect(faults({ MEDICLIP_HOST: host })).toEqual([]);
  });

  test('the store is where it is told to be, and cards are counted', () => {
    const settings = parseSettings({
      MEDICLIP_STORE_URL: 's3://bucket/prefix',
      MEDICLIP_DEVICE: 'cuda:1',
      MEDICLIP_SCORE_TIMEOUT_SECONDS: '5',
    });
    expect(settings).toMatchObject({ storeUrl: 's3://bucket/prefix', device: 'cuda:1', scores: { timeoutMs: 5000 } });
  });

  test('origins of other pages are listed with commas, without paths', () => {
    expect(parseSettings({}).allowedOrigins).toEqual([]);
    const list = 'https://a.example.org, http://localhost:3000';
    const { allowedOrigins } = parseSettings({ MEDICLIP_ALLOWED_ORIGINS: list });
    expect(allowedOrigins).toEqual(['https://a.example.org', 'http://localhost:3000']);
    for (const wrong of ['*', 'a.example.org', 'https://a.example.org/']) {
      expect(faults({ MEDICLIP_ALLOWED_ORIGINS: wrong })).toEqual([expect.stringContaining('must list origins')]);
    }
  });

  test('the password of Redis comes from a file, as containers are handed secrets', () => {
    const file = path.join(temporaryFolder(), 'redis_password');
    writeFileSync(file, 'p@ss/word%\n');
    const { redisUrl } = parseSettings({
      MEDICLIP_REDIS_URL: 'redis://redis:6379/2',
      MEDICLIP_REDIS_PASSWORD_FILE: file,
    });
    const { hostname, port, pathname, password } = new URL(redisUrl!);
    expect([hostname, port, pathname, decodeURIComponent(password)]).toEqual(['redis', '6379', '/2', 'p@ss/word%']);
  });

  test('a password file that is missing, empty or of no use is a fault', () => {
    const missing = path.join(temporaryFolder(), 'missing');
    const empty = path.join(temporaryFolder(), 'empty');
    writeFileSync(empty, '\n');
    expect(faults({ MEDICLIP_REDIS_PASSWORD_FILE: missing })).toEqual([
      expect.stringMatching(/^MEDICLIP_REDIS_PASSWORD_FILE names a file that cannot be read: ENOENT/),
      'MEDICLIP_REDIS_PASSWORD_FILE needs MEDICLIP_REDIS_URL.',
    ]);
    expect(faults({ MEDICLIP_REDIS_URL: 'redis://redis', MEDICLIP_REDIS_PASSWORD_FILE: empty })).toEqual([
      'MEDICLIP_REDIS_PASSWORD_FILE names a file that is empty.',
    ]);
  });

  test('references to instances are sealed with a key that nobody can guess, and only where that is asked for', () => {
    const folder = temporaryFolder();
    const inFolder = (name: string, text: string) => {
      const file = path.join(folder, name);
      writeFileSync(file, text);
      return file;
    };
    const key = inFolder('key', `${'k'.repeat(32)}\n`);
    const keyOf = (env: Record<string, string>) => parseSettings(env).dicomweb.referencesKey;
    expect(keyOf({ MEDICLIP_DICOM_REFERENCES_KEY_FILE: key })).toBeUndefined();
    expect(keyOf({ MEDICLIP_DICOM_REFERENCES: 'sealed', MEDICLIP_DICOM_REFERENCES_KEY_FILE: key })).toBe(
      'k'.repeat(32),
    );
    expect(faults({ MEDICLIP_DICOM_REFERENCES: 'sealed' })).toEqual([
      'MEDICLIP_DICOM_REFERENCES is sealed and needs MEDICLIP_DICOM_REFERENCES_KEY_FILE.',
    ]);
    expect(faults({ MEDICLIP_DICOM_REFERENCES_KEY_FILE: inFolder('short', 'k'.repeat(31)) })).toEqual([
      expect.stringMatching(/^MEDICLIP_DICOM_REFERENCES_KEY_FILE names a file of fewer than 32 characters/),
    ]);
  });

  test('a file of DICOMweb servers is read when the service starts, and a fault in it is one line', () => {
    const file = path.join(temporaryFolder(), 'servers.json');
    writeFileSync(file, JSON.stringify({ servers: [{ name: 'pacs', url: 'https://pacs.example/dicom-web' }] }));
    expect(parseSettings({ MEDICLIP_DICOMWEB_SERVERS_FILE: file }).dicomweb.servers).toEqual([
      { name: 'pacs', url: 'https://pacs.example/dicom-web/', headerFiles: {} },
    ]);
    writeFileSync(file, JSON.stringify({ servers: [{ name: 'PACS', url: 'pacs' }] }));
    const [fault] = faults({ MEDICLIP_DICOMWEB_SERVERS_FILE: file });
    expect(fault).toMatch(/^MEDICLIP_DICOMWEB_SERVERS_FILE names a file of DICOMweb servers that cannot be used: ./);
    expect(fault).not.toContain('\n');
  });

  test('docs/operations.md lists every setting with its default', () => {
    const guide = readFileSync(new URL('../../../../docs/operations.md', import.meta.url), 'utf8');
    const rows = [...guide.matchAll(/^\| `(MEDICLIP_\w+)` \| ([^|]+) \|/gm)].map(([, name, value]) => [name, value]);
    expect(rows.map(([name]) => name).sort()).toEqual([...settingVariables].sort());
    const defaults = rows.map(([name, value]) => [name, /^`(.*)`$/.exec(value!)?.[1] ?? '']);
    expect(parseSettings(Object.fromEntries(defaults))).toEqual(parseSettings({}));
  });
});
