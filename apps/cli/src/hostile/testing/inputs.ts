import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { ZipFile } from 'yazl';
import { noisePng } from '../../end-to-end/testing/large-archive.js';
import { greyPng } from '../../testing/png.js';
import type { Draws } from './draws.js';

/** What is sent: a request of `fetch`, or the bytes of a whole connection. */
export type Input =
  | { readonly path: string; readonly type: string; readonly body: Uint8Array; readonly key?: string }
  | { readonly framing: Uint8Array };

const names = ['file', 'mask', 'split', 'label', '', '__proto__', 'constructor', 'a"b', 'ü', 'x'.repeat(200)] as const;
const texts = ['train', 'test', 'normal', 'abnormal', '', '\0', 'x'.repeat(2000)] as const;
const entryNames = [
  'train/normal/a.png',
  'test/abnormal/b.png',
  'SHA256SUMS',
  'model.json',
  'detector.json',
  'detector.safetensors',
  'samples/train.json',
  'n'.repeat(300),
] as const;

/** Every kind of input by name; each is drawn anew. `dataset` is the id of a data set that is there. */
export const kinds: Readonly<Record<string, (draws: Draws, dataset: string) => Promise<Input> | Input>> = {
  form: (draws, dataset) => ({
    path: draws.chance(0.8) ? `/v1/datasets/${dataset}/images` : `/v1/models/${dataset}/score`,
    type: draws.chance(0.95)
      ? 'multipart/form-data; boundary=b'
      : draws.pick(['multipart/form-data', 'multipart/form-data; boundary=""']),
    body: draws.damaged(form(draws)),
    ...(draws.chance(0.2) && { key: `k${draws.below(20)}` }),
  }),
  image: (draws, dataset) => ({
    path: `/v1/datasets/${dataset}/images`,
    type: 'multipart/form-data; boundary=b',
    body: Buffer.concat([
      field('split', 'train'),
      field('label', 'normal'),
      file('file', 'x.png', draws.damaged(image(draws))),
      end,
    ]),
  }),
  stow: (draws, dataset) => ({
    path: `/v1/datasets/${dataset}/dicomweb/studies?split=train&label=normal`,
    type: draws.pick([
      'multipart/related; type="application/dicom"; boundary=b',
      'multipart/related; boundary="b"',
      'multipart/related; type="application/dicom"',
    ]),
    body: draws.damaged(
      Buffer.concat([
        ...Array.from({ length: draws.below(4) }, () =>
          part(draws.pick(['Content-Type: application/dicom', 'Content-Type: x', 'y']), image(draws)),
        ),
        end,
      ]),
    ),
    ...(draws.chance(0.2) && { key: `s${draws.below(20)}` }),
  }),
  archive: async (draws, dataset) => ({
    path: `/v1/datasets/${dataset}/archive`,
    type: draws.pick(['application/zip', 'application/x-tar', 'application/octet-stream']),
    body: draws.damaged(draws.chance(0.5) ? await zip(draws) : await tar(draws)),
  }),
  export: async (draws) => ({
    path: '/v1/models/import',
    type: 'application/zip',
    body: draws.damaged(await zip(draws)),
  }),
  json: (draws) => ({
    path: draws.pick(['/v1/datasets', '/v1/adaptations', '/v1/scorings', '/v1/evaluations', '/v1/calibrations']),
    type: 'application/json',
    body: draws.damaged(
      Buffer.from(draws.chance(0.1) ? '['.repeat(draws.below(50_000)) : JSON.stringify(value(draws, 4))),
    ),
    ...(draws.chance(0.2) && { key: draws.pick(['k', 'ä', 'x'.repeat(300)]) }),
  }),
  framing: (draws) => ({ framing: draws.damaged(Buffer.from(request(draws))) }),
};

const end = Buffer.from('--b--\r\n');
const part = (head: string, content: Uint8Array) =>
  Buffer.concat([Buffer.from(`--b\r\n${head}\r\n\r\n`), content, Buffer.from('\r\n')]);
const field = (name: string, text: string) => part(`Content-Disposition: form-data; name="${name}"`, Buffer.from(text));
const file = (name: string, fileName: string, content: Uint8Array) =>
  part(`Content-Disposition: form-data; name="${name}"; filename="${fileName}"\r\nContent-Type: image/png`, content);

function form(draws: Draws): Buffer {
  const parts = Array.from({ length: draws.below(6) }, () => {
    switch (draws.below(4)) {
      case 0:
        return field(draws.pick(names), draws.pick(texts));
      case 1:
        return file(draws.pick(names), draws.pick(texts), image(draws));
      case 2:
        return part('Content-Type: image/png', Buffer.alloc(draws.below(70_000), 'x'));
      default:
        return part(`${draws.pick(names)}: ${'x'.repeat(draws.below(20_000))}`, draws.bytes(20));
    }
  });
  return Buffer.concat([field('split', 'train'), field('label', 'normal'), ...parts, end]);
}

function image(draws: Draws): Buffer {
  switch (draws.below(4)) {
    case 0:
      return noisePng(1 + draws.below(40));
    case 1:
      return greyPng(1 + draws.below(9000), 1 + draws.below(9000), draws.below(100_000));
    case 2:
      return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), draws.bytes(draws.below(400))]);
    default:
      return Buffer.concat([
        Buffer.from(draws.pick(['BM', 'GIF89a', 'II*\0', '\xff\xd8\xff', 'RIFF']), 'latin1'),
        draws.bytes(draws.below(400)),
      ]);
  }
}

async function zip(draws: Draws): Promise<Buffer> {
  const archive = new ZipFile();
  for (const name of drawnNames(draws)) archive.addBuffer(content(draws), name, { compress: draws.chance(0.5) });
  archive.end();
  return buffer(archive.outputStream);
}

async function tar(draws: Draws): Promise<Buffer> {
  const archive = pack();
  for (const name of drawnNames(draws)) archive.entry({ name }, content(draws));
  archive.finalize();
  return buffer(archive);
}

const drawnNames = (draws: Draws) => new Set(Array.from({ length: draws.below(6) }, () => draws.pick(entryNames)));

const content = (draws: Draws): Buffer =>
  draws.chance(0.5) ? image(draws) : Buffer.from(JSON.stringify(value(draws, 3)).repeat(1 + draws.below(20)));

function value(draws: Draws, depth: number): unknown {
  const kind = draws.below(depth > 0 ? 7 : 5);
  if (kind === 5) return Array.from({ length: draws.below(5) }, () => value(draws, depth - 1));
  if (kind === 6) {
    const keys = ['name', 'datasetId', 'modelId', 'options', 'shots', '__proto__', 'alpha', 'training', 'prompts'];
    return Object.fromEntries(
      Array.from({ length: draws.below(6) }, () => [draws.pick(keys), value(draws, depth - 1)]),
    );
  }
  return [null, draws.chance(0.5), (draws.share() - 0.5) * 10 ** draws.below(300), draws.pick(texts), 1e308][kind];
}

function request(draws: Draws): string {
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
  const headers = Array.from({ length: draws.below(5) }, () =>
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
  return `${method} ${target} HTTP/1.1\r\nHost: x\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n${body}`;
}
