/**
 * `node bench/pressure.mjs [INPUT ...]`: the largest resident memory of `mediclip serve`, without its engine, while it
 * is sent what takes most of it, as a table in Markdown. An INPUT is a part of their names; all of them by default. The
 * server is told that it has 2 GB, as the container of the API has by default; Linux only.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MediclipClient } from '@mediclip/client';
import { startEmbeddedServer } from '../apps/cli/dist/demo/embedded-server.js';
import { noisePng } from '../apps/cli/dist/end-to-end/testing/large-archive.js';
import { largeFiles } from '../packages/imaging/dist/testing/large-files.js';
import { asInContainer } from './as-in-container.mjs';
import { adaptBriefly, uploadExamples } from './example-model.mjs';
import { forgetPeak, peakResidentMemory, residentMemory } from './process-tree.mjs';

const MiB = 2 ** 20;
const largeSide = 8000;

/** A Windows bitmap of 24 bits a pixel and about 50 MB. */
function largeBitmap() {
  const [width, height] = [4000, 4166];
  const head = Buffer.alloc(54);
  head.write('BM', 'latin1');
  head.writeUInt32LE(54, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(width, 18);
  head.writeInt32LE(height, 22);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(24, 28);
  return Buffer.concat([head, Buffer.alloc(width * 3 * height, 0x5a)]);
}

function form(files, fields = []) {
  const body = new FormData();
  for (const [name, value] of fields) body.append(name, value);
  for (const bytes of files) body.append('file', new Blob([bytes]), 'image');
  return body;
}

const upload =
  (bytes) =>
  ({ datasetId, baseUrl }) => [
    `${baseUrl}/v1/datasets/${datasetId}/images`,
    form(
      [bytes],
      [
        ['split', 'train'],
        ['label', 'normal'],
      ],
    ),
  ];
const score =
  (files) =>
  ({ modelId, baseUrl }) => [`${baseUrl}/v1/models/${modelId}/score`, form(files)];

/** A list of so many models, all like the one that is there but for the length of their loss history. */
const listOf =
  (count) =>
  ({ modelId, baseUrl }) => {
    const models = path.join(folder, 'tenants', 'default', 'models');
    const model = JSON.parse(readFileSync(path.join(models, modelId, 'model.json'), 'utf8'));
    const [epoch] = model.lossHistory;
    const length = Math.round(15e6 / (JSON.stringify(epoch).length + 1));
    const lossHistory = Array.from({ length }, () => epoch);
    const text = JSON.stringify({ ...model, lossHistory, importedAt: model.createdAt });
    for (let number = 0; number < count; number++) {
      const id = `${modelId.slice(0, -2)}${String(number).padStart(2, '0')}`;
      mkdirSync(path.join(models, id));
      writeFileSync(path.join(models, id, 'model.json'), text.replaceAll(modelId, id));
    }
    return [`${baseUrl}/v1/models`];
  };

/** What is sent, and how many of it at once. */
const inputs = {
  'upload of a PNG, grey and alpha of 16 bits, 8000 x 8000': async () => [
    upload(await large('PNG, grey and alpha')),
    1,
  ],
  'four of them at once': async () => [upload(await large('PNG, grey and alpha')), 4],
  'four scores of it at once': async () => [score([await large('PNG, grey and alpha')]), 4],
  'four uploads of an RLE DICOM, 8000 x 8000': async () => [upload(await large('DICOM, RLE, 32 bits')), 4],
  'four uploads of a palette DICOM, 5600 x 5600': async () => [upload(await large('DICOM, palette', 5600)), 4],
  '64 uploads of a BMP of 50 MB': async () => [upload(largeBitmap()), 64],
  'eight lists of 14 models whose records have 15 MB': async () => [listOf(14), 8],
  '150 scores of 32 PNGs': async () => [score(Array.from({ length: 32 }, () => noisePng(512))), 150],
};

const large = (beginning, side = largeSide) =>
  Object.entries(largeFiles).find(([kind]) => kind.startsWith(beginning))[1](side);

/**
 * Sends it `count` times at once, over connections of their own; how often each status was answered, 'cut' for those
 * whose connection ended without an answer.
 */
async function send([url, form], count) {
  const encoded = new Response(form);
  const body = Buffer.from(await encoded.arrayBuffer());
  const options = form && {
    method: 'POST',
    headers: { 'content-type': encoded.headers.get('content-type'), 'content-length': body.length },
  };
  const one = () =>
    new Promise((resolve) => {
      const sending = request(url, { ...options, agent: false });
      sending.once('error', () => resolve('cut'));
      sending.once('response', (answer) => answer.resume().once('close', () => resolve(answer.statusCode)));
      sending.end(body);
    });
  const statuses = {};
  for (const status of await Promise.all(Array.from({ length: count }, one))) {
    statuses[status] = (statuses[status] ?? 0) + 1;
  }
  return Object.entries(statuses)
    .map(([code, times]) => `${times} times ${code}`)
    .join(', ');
}

/** The longest of requests that are asked for one after the other until `work` is done, in milliseconds. */
async function slowestBeside(work, url) {
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  let slowestMs = 0;
  while (!isOver) {
    const begun = performance.now();
    await (await fetch(url)).arrayBuffer();
    slowestMs = Math.max(slowestMs, performance.now() - begun);
    await sleep(50);
  }
  await over;
  return slowestMs;
}

const folder = mkdtempSync(path.join(tmpdir(), 'mediclip-pressure-'));
process.env.MEDICLIP_RATE_LIMIT_PER_MINUTE = '1000000';
process.env.MEDICLIP_SCORE_TIMEOUT_SECONDS = '600';
process.env.MEDICLIP_MEMORY_LIMIT ??= String(2048 * MiB);
asInContainer();
const server = await startEmbeddedServer(folder);
try {
  const { pid, baseUrl } = server;
  const client = new MediclipClient({ baseUrl });
  const modelId = await adaptBriefly(client, await uploadExamples(client));
  const wanted = process.argv.slice(2);
  console.log('| input | answers | peak | 5 s later | slowest `GET` beside |\n|---|---|---:|---:|---:|');
  for (const [name, make] of Object.entries(inputs)) {
    if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
    const { id: datasetId } = await client.createDataset({ name });
    const [input, count] = await make();
    forgetPeak(pid);
    const sending = send(input({ datasetId, modelId, baseUrl }), count);
    const slowestMs = await slowestBeside(sending, `${baseUrl}/v1/datasets`);
    const answers = await sending;
    const peak = peakResidentMemory(pid);
    await sleep(5000);
    const cells = [
      name,
      answers,
      `${Math.round(peak / MiB)} MiB`,
      `${Math.round(residentMemory(pid) / MiB)} MiB`,
      `${(slowestMs / 1000).toFixed(1)} s`,
    ];
    console.log(`| ${cells.join(' | ')} |`);
    await client.deleteDataset(datasetId);
  }
} finally {
  await server.stop();
  rmSync(folder, { recursive: true });
}
