import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { DicomwebClient } from './client.js';
import { DicomwebError } from './dicomweb-error.js';

/** A request as the server has received it. */
interface Received {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

type Answer = (response: ServerResponse, request: Received) => void;

/** What the server answers, in order; the last one again and again. */
let answers: Answer[];
let received: Received[];
let base: string;
const server = createServer(async (request, response) => {
  const { method = '', headers } = request;
  const asked = { method, url: new URL(request.url!, base), headers, body: await buffer(request) };
  received.push(asked);
  answers[Math.min(received.length, answers.length) - 1]!(response, asked);
});
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  received = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const token = path.join(temporaryFolder(), 'token');
beforeEach(() => writeFileSync(token, 'Bearer one\nnot this line\n'));
const client = (pausesMs = [1, 1]) =>
  new DicomwebClient({ name: 'pacs', url: `${base}/dicom/`, headerFiles: { Authorization: token } }, { pausesMs });
const { signal } = new AbortController();

const uids = (number: number) => ({
  sopClassUid: '1.2',
  sopInstanceUid: `1.3.${number}`,
  studyUid: '1.4',
  seriesUid: '1.5',
});
const instance = (number: number) => ({
  '00080016': { vr: 'UI', Value: ['1.2'] },
  '00080018': { vr: 'UI', Value: [`1.3.${number}`] },
  '0020000D': { vr: 'UI', Value: ['1.4'] },
  '0020000E': { vr: 'UI', Value: ['1.5'] },
});
const range = (count: number) => Array.from({ length: count }, (_, at) => at);
const json =
  (value: unknown, status = 200): Answer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/dicom+json' }).end(JSON.stringify(value));
const status =
  (code: number, headers = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end('not for the log');
/** A head, a stretch of a body, and then no connection any more. */
const cut: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'multipart/related; boundary=b', 'content-length': 1000 });
  response.write('--b\r\n\r\n[{"0008', () => response.destroy());
};

/** What a promise rejects with, as code and sentence. */
const faultOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no fault',
    (error: unknown) => {
      if (error instanceof DicomwebError) return `${error.code}: ${error.message}`;
      throw error;
    },
  );
const search = (limit = 1000, of = client()) => of.search({ Modality: 'CT' }, limit, signal);
const retrieved = (stop = signal) => buffer(client().retrieve(uids(1), stop));

describe('QIDO-RS', () => {
  /** Pages of at most `most` of `count` instances. */
  const pages =
    (count: number, most: number): Answer =>
    (response, { url }) => {
      const [offset, limit] = ['offset', 'limit'].map((name) => Number(url.searchParams.get(name)));
      const end = offset! + Math.min(limit!, most);
      json(range(count).slice(offset, end).map(instance))(response, received[0]!);
    };

  test('reads page after page, be they shorter than asked for, with query and headers in each request', async () => {
    answers = [pages(150, 70)];
    expect(await search()).toEqual(range(150).map(uids));
    expect(received.map(({ url }) => url.searchParams.get('offset'))).toEqual(['0', '70', '140', '150']);
    for (const { url, headers } of received) {
      expect(url.pathname).toBe('/dicom/instances');
      expect(url.searchParams.get('Modality')).toBe('CT');
      expect(headers).toMatchObject({ accept: 'application/dicom+json', authorization: 'Bearer one' });
    }
  });

  test('finds 10,000 instances, each once, though the study grows meanwhile', async () => {
    let count = 10_000;
    answers = [(...given) => pages(count++, 100)(...given)];
    const found = await search(100_000);
    expect(found.length).toBeGreaterThanOrEqual(10_000);
    expect(new Set(found.map(({ sopInstanceUid }) => sopInstanceUid)).size).toBe(found.length);
    expect(found.slice(0, 10_000)).toEqual(range(10_000).map(uids));
  });

  test('ends at the limit', async () => {
    answers = [pages(1000, 100)];
    expect(await search(130)).toEqual(range(130).map(uids));
    expect(received).toHaveLength(2);
  });

  test('ends with 204, and with a server that does not know of offsets', async () => {
    answers = [status(204)];
    expect(await search()).toEqual([]);
    answers = [json([instance(1), instance(2), instance(1)])];
    received = [];
    expect(await search()).toEqual([uids(1), uids(2)]);
    expect(received).toHaveLength(2);
  });

  test.each([
    ['no JSON', status(200), /^bad-answer: .* with no JSON\.$/],
    ['no list', json({}), /^bad-answer: .* no list of objects/],
    ['a list of nulls', json([null]), /^bad-answer: .* no list of objects/],
    ['an instance without UIDs', json([{}]), /^bad-answer: .* without its UIDs/],
    ['a path instead of a UID', json([{ ...instance(1), '0020000D': { Value: ['../1'] } }]), /^bad-answer: /],
    ['more JSON than any', json('x'.repeat(17 * 2 ** 20)), /^bad-answer: .* more than 16777216 bytes/],
    ['another place than DICOMweb', status(404), /^refused: .* check its URL/],
  ])('refuses %s', async (_, answer, message) => {
    answers = [answer];
    expect(await faultOf(search())).toMatch(message);
    expect(received).toHaveLength(1);
  });
});

describe('metadata', () => {
  test('are those of the instance that was asked for', async () => {
    answers = [json([instance(1)])];
    expect(await client().metadata(uids(1), signal)).toEqual(instance(1));
    expect(received[0]!.url.pathname).toBe('/dicom/studies/1.4/series/1.5/instances/1.3.1/metadata');
    expect(await faultOf(client().metadata(uids(2), signal))).toMatch(/^bad-answer: .* another instance/);
  });

  test('of an instance that is gone are its own fault', async () => {
    answers = [status(404)];
    expect(await faultOf(client().metadata(uids(1), signal))).toMatch(/^no-such-instance: /);
    answers = [json([])];
    expect(await faultOf(client().metadata(uids(1), signal))).toMatch(/^no-such-instance: /);
  });
});

describe('WADO-RS', () => {
  const content = Buffer.concat([Buffer.from('\r\n--a b:\r\n'), Buffer.alloc(100_000, 7)]);
  const related =
    (contentType: string, boundary: string, chunkBytes = 1e6): Answer =>
    (response) => {
      response.writeHead(200, { 'content-type': contentType });
      const body = Buffer.concat([
        Buffer.from(`preamble\r\n--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`),
        content,
        Buffer.from(`\r\n--${boundary}--\r\nepilogue`),
      ]);
      for (let at = 0; at < body.length; at += chunkBytes) response.write(body.subarray(at, at + chunkBytes));
      response.end();
    };

  test.each([
    ['an unquoted boundary', 'multipart/related; type=application/dicom; boundary=x-y', 'x-y', 1e6],
    ['a quoted boundary with blanks', 'Multipart/Related; boundary="a b:c"; type="application/dicom"', 'a b:c', 1e6],
    ['boundaries across chunks', 'multipart/related;boundary=x-y', 'x-y', 997],
  ])('reads an instance behind %s', async (_, contentType, boundary, chunkBytes) => {
    answers = [related(contentType, boundary, chunkBytes)];
    expect((await retrieved()).equals(content)).toBe(true);
    expect(received[0]!.headers.accept).toBe('multipart/related; type="application/dicom"; transfer-syntax=*');
    expect(received[0]!.url.pathname).toBe('/dicom/studies/1.4/series/1.5/instances/1.3.1');
  });

  test.each([
    ['another media type', status(200, { 'content-type': 'text/html' }), /^bad-answer: .* a body of text\/html/],
    ['no boundary', status(200, { 'content-type': 'multipart/related' }), /^bad-answer: .* no boundary/],
    ['a boundary that never comes', related('multipart/related; boundary=z', 'b'), /^bad-answer: .* last boundary/],
    [
      'a body without parts',
      (response) => response.writeHead(200, { 'content-type': 'multipart/related; boundary=b' }).end('--b--'),
      /^no-such-instance: /,
    ],
    ['an instance that is gone', status(404), /^no-such-instance: /],
    ['a body that is cut', cut, /^unreachable: .* broke off its answer\.$/],
  ] satisfies [string, Answer, RegExp][])('refuses %s', async (_, answer, message) => {
    answers = [answer];
    expect(await faultOf(retrieved())).toMatch(message);
  });

  test('ends with the reason of a signal in the middle of a body', async () => {
    const stop = new AbortController();
    const reason = new Error('cancelled');
    answers = [
      (response) => {
        response.writeHead(200, { 'content-type': 'multipart/related; boundary=b' });
        response.write('--b\r\nA: b\r\n\r\nsome', () => stop.abort(reason));
      },
    ];
    await expect(retrieved(stop.signal)).rejects.toBe(reason);
  });
});

describe('STOW-RS', () => {
  const store = () => client().store([Buffer.from('one'), Buffer.from('two')], signal);
  const failed = (...reasons: number[]) => ({
    '00081198': { vr: 'SQ', Value: reasons.map((reason) => ({ '00081197': { vr: 'US', Value: [reason] } })) },
  });

  test('sends files as parts, again after a fault of the server', async () => {
    answers = [status(503), cut, json({})];
    await store();
    expect(received).toHaveLength(3);
    for (const { method, url, headers, body } of received) {
      expect([method, url.pathname]).toEqual(['POST', '/dicom/studies']);
      const [, boundary] = /^multipart\/related; type="application\/dicom"; boundary=(\w+)$/.exec(
        headers['content-type']!,
      )!;
      const part = (text: string) => `--${boundary}\r\nContent-Type: application/dicom\r\n\r\n${text}\r\n`;
      expect(body.toString()).toBe(`${part('one')}${part('two')}--${boundary}--\r\n`);
    }
  });

  test('takes what the server has already for sent', async () => {
    answers = [json(failed(0x0111, 45070), 409)];
    await store();
    answers = [(response) => response.end()];
    await store();
  });

  test.each([
    ['one of two', json(failed(0x0111, 0xa700), 202), /^refused: .* has not stored 1 of 2 objects\.$/],
    ['a failure without a reason', json({ '00081198': { Value: [null] } }), /^refused: .* has not stored 1 of 2/],
    [
      'all without a word',
      (response) => response.writeHead(409).end(),
      /^refused: .* has not stored 2 of 2 objects\.$/,
    ],
    ['null', json(null, 409), /^refused: .* has not stored 2 of 2 objects\.$/],
    ['with a page', status(200), /^bad-answer: .* with no JSON/],
    ['the place', status(404), /^refused: .* check its URL/],
    ['a body so large', status(413), /^refused: .* refuses the request \(413\)\.$/],
    ['by a redirect', status(307, { location: '/dicom/studies' }), /^refused: .* leads to another place/],
  ] satisfies [string, Answer, RegExp][])('says that the server refuses %s', async (_, answer, message) => {
    answers = [answer];
    expect(await faultOf(store())).toMatch(message);
    expect(received).toHaveLength(1);
  });
});

describe('every request', () => {
  test.each([
    ['a fault of the server', status(500), /^unreachable: The DICOMweb server pacs answers 500\.$/],
    ['too many requests', status(429), /^unreachable: The DICOMweb server pacs answers 429\.$/],
    ['a cut connection', cut, /^unreachable: The DICOMweb server pacs broke off its answer\.$/],
    ['no answer', (response) => response.destroy(), /^unreachable: The DICOMweb server pacs does not answer\.$/],
  ] satisfies [string, Answer, RegExp][])('is tried again after %s, and not for ever', async (_, answer, message) => {
    answers = [answer, answer, json([])];
    expect(await search()).toEqual([]);
    answers = [answer];
    received = [];
    expect(await faultOf(search())).toMatch(message);
    expect(received).toHaveLength(3);
  });

  test('is tried once with credentials that are wrong', async () => {
    for (const code of [401, 403]) {
      answers = [status(code)];
      received = [];
      expect(await faultOf(search())).toBe(
        `refused: The DICOMweb server pacs does not accept the credentials (${code}): check its files of headers.`,
      );
      expect(received).toHaveLength(1);
    }
  });

  test('has the credentials that the file holds now, and is not made when it holds none', async () => {
    answers = [json([])];
    await search();
    writeFileSync(token, 'Bearer two');
    await search();
    expect(received.map(({ headers }) => headers.authorization)).toEqual(['Bearer one', 'Bearer two']);
    for (const text of ['', 'secret\u0001']) {
      writeFileSync(token, text);
      expect(await faultOf(search())).toBe(
        'refused: The file of the header Authorization for the DICOMweb server pacs cannot be used.',
      );
    }
    expect(received).toHaveLength(2);
  });

  test('follows a redirect on the same server and to no other, for credentials go with it', async () => {
    const elsewhere: string[] = [];
    const other = createServer((request, response) => {
      elsewhere.push(request.url!);
      response.end('[]');
    });
    await once(other.listen(0, '127.0.0.1'), 'listening');
    const { port } = other.address() as AddressInfo;
    answers = [status(302, { location: '/moved' }), json([])];
    expect(await search()).toEqual([]);
    expect(received[1]).toMatchObject({ headers: { authorization: 'Bearer one' } });
    expect(received[1]!.url.pathname).toBe('/moved');
    for (const location of [`http://127.0.0.1:${port}/instances`, 'file:///etc/passwd', 'http://']) {
      answers = [status(301, { location })];
      received = [];
      expect(await faultOf(search())).toMatch(/^refused: .* leads to another place, which is not followed\.$/);
    }
    expect(elsewhere).toEqual([]);
    other.close();
    answers = [status(302, { location: '/dicom/instances' })];
    received = [];
    expect(await faultOf(search())).toMatch(/^refused: /);
    expect(received).toHaveLength(4);
  });

  test('ends with the reason of its signal, be it while it waits for another try', async () => {
    const stop = new AbortController();
    const reason = new Error('cancelled');
    answers = [
      (response, request) => {
        response.once('finish', () => setImmediate(() => stop.abort(reason)));
        status(500)(response, request);
      },
    ];
    await expect(client([60_000]).search({}, 1, stop.signal)).rejects.toBe(reason);
    await expect(client().search({}, 1, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
