import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ImageIntake } from '@mediclip/intake';
import { type ArchiveEntry, zip } from '../testing/archives.js';
import { bitmap } from '../testing/bitmaps.js';
import { closeSharedPool, freshKey, TestService } from '../testing/test-service.js';

let service: TestService;
let target: string;
beforeAll(async () => {
  service = await TestService.start();
  target = `/v1/datasets/${(await service.dataset()).id}/images`;
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

const headers = { 'content-type': 'multipart/form-data; boundary=b' };
const part = (head: string, content: string) => `--b\r\n${head}\r\n\r\n${content}\r\n`;
const labels = ['split', 'label'].map((name) =>
  part(`Content-Disposition: form-data; name="${name}"`, name === 'split' ? 'train' : 'normal'),
);
describe('a form with a part that nobody asked for', () => {
  test.each([17_000, 40_000, 60_000, 200_000])(
    'of %d bytes without a disposition is refused whole, and its key is free',
    async (size) => {
      const key = { 'idempotency-key': freshKey() };
      const body = `${labels.join('')}${part('Content-Type: image/png', 'x'.repeat(size))}--b--\r\n`;
      for (let time = 0; time < 2; time++) {
        const answer = await service.post(target, { body, headers: { ...headers, ...key } });
        expect(answer).toMatchObject({ status: 400, problem: 'malformed-multipart' });
      }
      expect(service.temporaryFiles).toEqual([]);
    },
  );

  test('of another name is refused before it is kept', async () => {
    const body = `${part('Content-Disposition: form-data; name="extra"; filename="x"', 'x'.repeat(90_000))}--b--\r\n`;
    expect((await service.post(target, { body, headers })).problem).toBe('validation-failed');
    expect(service.temporaryFiles).toEqual([]);
  });
});

test('a part whose head says twice what it is is refused, for programs differ in which they read', async () => {
  const disposition = (name: string) => `Content-Disposition: form-data; name="${name}"; filename="a.png"`;
  const body = `${labels.join('')}${part(`${disposition('file')}\r\n${disposition('mask')}`, 'x')}--b--\r\n`;
  expect((await service.post(target, { body, headers })).problem).toBe('malformed-multipart');
});

test('an archive of files that cost nothing lets other work run between few of them', async () => {
  const skip = jest.spyOn(ImageIntake.prototype, 'skip');
  let isOver = false;
  let seen = 0;
  let mostInOneTurn = 0;
  const look = () => {
    mostInOneTurn = Math.max(mostInOneTurn, skip.mock.calls.length - seen);
    seen = skip.mock.calls.length;
    if (!isOver) setImmediate(look);
  };
  look();
  const body = await zip([
    ['train/normal/a.bmp', bitmap(16, 12, 200)],
    ...Array.from({ length: 1500 }, (_, index): ArchiveEntry => [`notes/${index}.txt`, '']),
  ]);
  const type = { 'content-type': 'application/zip' };
  const answer = await service.post(target.replace('/images', '/archive'), { body, headers: type });
  isOver = true;
  look();
  skip.mockRestore();
  expect(answer.json).toMatchObject({ stored: 1, skipped: 1500 });
  expect(mostInOneTurn).toBeLessThanOrEqual(100);
});

test('a repeat with an answered key reads no more than a body may have', async () => {
  const small = await TestService.start({
    settings: { uploads: { jsonBytes: 1000, formBytes: 50_000, files: 10 } },
  });
  const key = { 'idempotency-key': freshKey() };
  const { id } = await small.dataset();
  const path = `/v1/datasets/${id}/images`;
  const file = part('Content-Disposition: form-data; name="file"; filename="x.png"', 'no image');
  const first = await small.post(path, { body: `${labels.join('')}${file}--b--\r\n`, headers: { ...headers, ...key } });
  expect(first.status).toBe(200);
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new TextEncoder().encode(`--b\r\n${'x'.repeat(9000)}`)),
  });
  const again = await small
    .post(path, { body: endless, headers: { ...headers, ...key } })
    .catch((error: Error) => error);
  expect(again instanceof Error ? 'cut' : again.problem).toMatch(/^(cut|payload-too-large|malformed-multipart)$/);
  await small.stop();
});

test.each([
  ['form', 'multipart/form-data; boundary=b', `--b\r\nContent-Disposition: form-data; name="split"\r\n\r\ntr`],
  ['JSON body', 'application/json', '{"name": "a'],
])('a client that hangs up in a %s is one line of info', async (_, type, begun) => {
  const begin = service.log.length;
  const lines = () => service.log.slice(begin).map((line) => JSON.parse(line) as { level: number; msg: string });
  const route = type === 'application/json' ? '/v1/datasets' : target;
  const underWay = once(service.server.server, 'request');
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
  socket.write(`POST ${route} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: 90000\r\n\r\n${begun}`);
  await underWay;
  socket.destroy();
  await service.logged('the client went before it was answered', begin);
  expect(lines().filter(({ level }) => level > 30)).toEqual([]);
});
