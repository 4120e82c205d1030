import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { pack } from 'tar-stream';
import { type ArchiveEntry, tar } from '../../testing/archives.js';
import { bitmap } from '../../testing/bitmaps.js';

const MiB = 1024 * 1024;
const entry = new URL('../../../dist/testing/measured-server.js', import.meta.url);

let server: ChildProcess;
let url: string;
beforeAll(async () => {
  server = fork(entry, [temporaryFolder()], { env: { PATH: process.env.PATH ?? '' }, execArgv: [] });
  const [message] = (await once(server, 'message')) as [{ url: string }];
  url = message.url;
});
afterAll(() => {
  server.kill('SIGKILL');
});

/** A tar that is made while it is sent: 32 images, and a file of 500 MiB that is none. */
function largeTar(): AsyncIterable<Uint8Array> {
  const packing = pack({ highWaterMark: MiB });
  const add = async () => {
    for (let i = 0; i < 32; i++) packing.entry({ name: `train/normal/${i}.bmp` }, bitmap(700, 700, i));
    const other = packing.entry({ name: 'movie.bin', size: 500 * MiB }, (error) => error && packing.destroy(error));
    for (let i = 1; i < 500; i++) if (!other.write(Buffer.alloc(MiB))) await once(other, 'drain');
    other.end(Buffer.alloc(MiB));
    packing.finalize();
  };
  add().catch((error: Error) => packing.destroy(error));
  return packing as unknown as AsyncIterable<Uint8Array>;
}

async function upload(body: unknown): Promise<Response> {
  const dataset = await fetch(`${url}/v1/datasets`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'large' }),
  });
  const { id } = (await dataset.json()) as { id: string };
  return fetch(`${url}/v1/datasets/${id}/archive`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-tar' },
    body: body as never,
    ...{ duplex: 'half' },
  });
}

test('a large archive never sits in memory', async () => {
  const answer = await upload(largeTar());
  expect(await answer.json()).toMatchObject({ stored: 32, skipped: 1, rejected: 0 });
  server.send('measure');
  const [{ largestBytes }] = (await once(server, 'message')) as [{ largestBytes: number }];
  expect(largestBytes).toBeLessThan(400 * MiB);
  expect(largestBytes).toBeGreaterThan(20 * MiB);
});

const emptyImages = Array.from({ length: 2_000 }, (_, index): ArchiveEntry => [`train/normal/${index}.png`, '']);
const keys = Array.from({ length: 900_000 }, (_, index) => `"k${index}":0`).join();
const longLine: ArchiveEntry[] = [
  ['images/train/normal/a.bmp', bitmap(4, 4, 1)],
  ['samples/train.json', `{"filename":"train/normal/a.bmp","label":0,${keys}}`],
];

test.each<[what: string, entries: readonly ArchiveEntry[], status: number, answer: object]>([
  ['2,000 empty images', emptyImages, 200, { stored: 0, rejected: 2_000 }],
  ['a line of 900,000 keys', longLine, 422, { type: '/problems/archive-manifest-invalid' }],
])('others are answered while %s are looked at', async (_what, entries, status, answer) => {
  let isAnswered = false;
  const uploaded = upload(await tar(entries)).finally(() => {
    isAnswered = true;
  });
  let others = 0;
  for (; !isAnswered; others++) expect((await fetch(`${url}/healthz`)).status).toBe(200);
  const { status: found, json } = await uploaded.then(async (one) => ({ status: one.status, json: await one.json() }));
  expect({ found, json }).toMatchObject({ found: status, json: answer });
  expect(others).toBeGreaterThan(2);
});
