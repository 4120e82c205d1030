import { operationIds, routeOf } from '@mediclip/contracts';
import type { Draws } from './draws.js';

/** A request that Node's client can send. */
export interface RequestInput {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Whether the answer to a request that is as it should be is right. */
  readonly isRight?: (status: number, body: string) => boolean;
}

/** Operations whose answer has an end, whatever is asked. */
const asked = operationIds.filter((id) => !id.endsWith('Events'));
const placeholders = ['%00', '..%2f..%2fetc', '@production', '01890a5d-ac96-7000-8000-000000000000', 'ü', 'x'] as const;
const queries = ['', '?limit=-1', '?limit=99999999', '?cursor=AAAA', '?cursor=%ff', '?x=1', '?name=%00', '?a[b]=c'];
const headers = [
  {},
  { traceparent: '00-0-0-zz' },
  { 'if-none-match': '"x", W/"y"' },
  { range: 'bytes=-1' },
  { accept: 'x/y;q=2' },
  { cookie: 'mediclip_session=a.b.c' },
  { 'content-encoding': 'gzip' },
  { 'x-request-id': 'y'.repeat(5000) },
];

/** A request without a body for any route, with anything in its path, query and headers. */
export function anyRoute(draws: Draws): RequestInput {
  const { method, path } = routeOf(draws.pick(asked));
  const target = path.replace(/\{\w+\}/g, () => draws.pick(placeholders));
  return {
    method: draws.chance(0.8) ? method : draws.pick(['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE']),
    path: target + draws.pick(queries),
    headers: draws.pick(headers),
  };
}

/** The bytes of a request whose body comes in chunks of a few bytes, and whose connection ends with its answer. */
export function inSmallChunks(draws: Draws, { method, path, headers, body = new Uint8Array() }: RequestInput): Buffer {
  const chunkBytes = draws.pick([1, 1, 3]);
  const all = { host: 'x', connection: 'close', 'transfer-encoding': 'chunked', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  const end = Buffer.from(draws.pick(['0\r\n\r\n', '0\r\nX-Trailer: y\r\n\r\n']));
  return Buffer.concat([head, chunksOf(body, chunkBytes), end]);
}

/** A body as chunks of up to nine bytes, written into one buffer: a large one has a million of them. */
function chunksOf(body: Uint8Array, chunkBytes: number): Buffer {
  const framingBytes = '1\r\n\r\n'.length;
  const chunks = Buffer.alloc(body.length + framingBytes * Math.ceil(body.length / chunkBytes));
  let to = 0;
  for (let at = 0; at < body.length; at += chunkBytes) {
    const bytes = Math.min(chunkBytes, body.length - at);
    to += chunks.write(`${bytes}\r\n`, to, 'latin1');
    for (let i = 0; i < bytes; i++) chunks[to++] = body[at + i]!;
    to += chunks.write('\r\n', to, 'latin1');
  }
  return chunks;
}

/** The bytes of a request, good or bad. */
export function framing(draws: Draws): string {
  const method = draws.pick(['GET', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'BREW', '']);
  const target = draws.pick([
    '/healthz',
    '/v1/datasets',
    '*',
    'http://x/',
    '//',
    '/v1/%00',
    `/v1/${'x'.repeat(draws.below(20_000))}`,
  ]);
  const lines = Array.from({ length: draws.below(5) }, () =>
    draws.pick([
      'Content-Length: 5',
      'Content-Length: 99999999999999999999',
      'Content-Length: -1',
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: gzip, chunked',
      'Content-Type: application/json',
      'Expect: 100-continue',
      'Connection: Upgrade\r\nUpgrade: h2c',
      `X-Many: ${'y'.repeat(draws.below(20_000))}`,
    ]),
  );
  const body = draws.pick(['', '{"a"', '5\r\nhello\r\n0\r\n\r\n', 'ffffffffffffffff\r\n', '-1\r\n']);
  return `${method} ${target} HTTP/1.1\r\nHost: x\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`;
}
