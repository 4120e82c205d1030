import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { closeSharedPool, TestService } from '../testing/test-service.js';

const site = fileURLToPath(new URL('../../../page/dist/site', import.meta.url));
const budgetBytes = 60_000;

let service: TestService;
beforeAll(async () => {
  service = await TestService.start({ settings: { page: true } });
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

const fetched = (target: string) => fetch(service.url + target);

describe('the page', () => {
  test.each(['/', '/app', '/app/jobs', '/app/models/0193f3a2-7c1e-7d3a-9b5f-2f1c8a6e4d10'])(
    'is served at %s under its content security policy',
    async (target) => {
      const answer = await fetched(target);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(answer.headers.get('content-security-policy')).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; " +
          "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'",
      );
      expect(answer.headers.get('cache-control')).toBe('public, max-age=0');
    },
  );

  test('loads one script and one style sheet that browsers keep for good', async () => {
    const html = await (await fetched('/')).text();
    const files = [...html.matchAll(/(?:src|href)="(\/app\/assets\/[^"]+)"/g)].map(([, target]) => target!);
    expect(files.map((target) => target.replace(/-[0-9a-f]{16}\./, '-DIGEST.'))).toEqual([
      '/app/assets/style-DIGEST.css',
      '/app/assets/page-DIGEST.js',
    ]);
    for (const target of files) {
      const answer = await fetched(target);
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([
        200,
        'public, max-age=31536000, immutable',
      ]);
    }
  });

  test('answers a file that is not there with a problem', async () => {
    const answer = await fetched('/app/assets/none.js');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      404,
      'application/problem+json; charset=utf-8',
    ]);
  });

  test('stays within 60 kB, compressed', () => {
    const code = readdirSync(`${site}/assets`).filter((name) => /\.(js|css)$/.test(name));
    expect(code).toHaveLength(2);
    const sizes = [`${site}/index.html`, ...code.map((name) => `${site}/assets/${name}`)].map(
      (file) => gzipSync(readFileSync(file)).length,
    );
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(budgetBytes);
  });
});

test('a server with the page switched off has none', async () => {
  const plain = await TestService.start({ settings: { page: false } });
  for (const target of ['/', '/app/jobs']) expect((await fetch(plain.url + target)).status).toBe(404);
  await plain.stop();
});
