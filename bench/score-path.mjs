/**
 * `node bench/score-path.mjs [IMAGES]`: what HTTP adds to the engine. The repetitions over HTTP and in the engine
 * alone take turns. Processor times are the kernel's, of the processes themselves, so they mean something on a machine
 * that others use too; images a second do so only as ratios. Linux only.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { MediclipClient } from '@mediclip/client';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import { Engine } from '@mediclip/engine';
import { decodeImage, testImage } from '@mediclip/imaging/direct';
import sharp from 'sharp';
import { startEmbeddedServer } from '../apps/cli/dist/demo/embedded-server.js';
import { adaptBriefly, uploadExamples } from './example-model.mjs';
import { allOf, formOf, post, scoreOf, unseenFiles } from './http-load.mjs';
import { device } from './options.mjs';
import { processorSeconds, processorSecondsOf } from './process-tree.mjs';
import { rowsWith } from './rows.mjs';
import { serverMetrics } from './server-metrics.mjs';
import { exampleShots } from './shots.mjs';
import { spreadOf } from './spread.mjs';

const repetitions = 5;
const side = 224;

/** Kinds of image: how they are made of an example of 240 x 240 greys. */
const kinds = {
  'PNG 240 x 240': (greys) => greys.png(),
  'JPEG 1024 x 1024': (greys) => greys.resize(1024, 1024).toColourspace('srgb').jpeg({ quality: 90 }),
};
const isAlone = process.argv[1] === fileURLToPath(import.meta.url);
/** In a repetition. */
const images = (isAlone && Number(process.argv[2])) || 96;
/** What is sent: the kind of image, and how many clients at once. */
const loads = [
  { kind: 'PNG 240 x 240', clients: 8 },
  { kind: 'PNG 240 x 240', clients: 32 },
  { kind: 'JPEG 1024 x 1024', clients: 8 },
];

/**
 * Of each load the processor milliseconds of an image over HTTP, of that without the engine's process, in the engine
 * alone, and for decoding, by sharp alone; images a second over HTTP and in the engine alone; the 99th percentile of
 * the event loop's delay in the service, and how often it collected its whole heap. Each as `spreadOf` gives it.
 */
export async function scorePathBench() {
  const folder = mkdtempSync(path.join(tmpdir(), 'mediclip-bench-'));
  process.env.MEDICLIP_DEVICE = device;
  process.env.MEDICLIP_RATE_LIMIT_PER_MINUTE = '1000000';
  const server = await startEmbeddedServer(path.join(folder, 'data'));
  const engine = await Engine.start({ device });
  try {
    const client = new MediclipClient(server);
    const url = `${server.baseUrl}/v1/models/${await adaptBriefly(client, await uploadExamples(client))}/score`;
    const detector = await makeDetector(engine, folder);
    const found = [];
    for (const load of loads) found.push(await measured(load, { server, url, engine, detector }));
    return found;
  } finally {
    await engine.stop();
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

/** The same in rows. */
export function scorePathRows(row, found) {
  const text = ({ median, least, most }, digits) => [
    `${median.toFixed(digits)}`,
    `(${least.toFixed(digits)} to ${most.toFixed(digits)})`,
  ];
  for (const { name, figures } of found) {
    row(name, '', '');
    for (const [figure, { spread, digits = 1, unit }] of Object.entries(figures)) {
      const [median, range] = text(spread, digits);
      row(`  ${figure}`, median, `${unit} ${range}`);
    }
  }
}

async function measured({ kind, clients }, { server, url, engine, detector }) {
  const rounds = [];
  for (let round = 0; round <= repetitions; round++) {
    const files = await unseenFiles(images, kinds[kind]);
    const prepared = [];
    for (const file of files) prepared.push({ side, data: testImage(await decodeImage(file), side).data });
    const http = await overHttp(server, url, files, clients);
    const alone = await inEngine(engine, detector, prepared, clients);
    // The first round opens the sessions.
    if (round > 0) rounds.push({ http, alone, decodingMs: await decodingMs(files) });
  }
  const figure = (take, unit, digits) => ({ spread: spreadOf(rounds.map(take)), unit, digits });
  return {
    name: `score over HTTP, ${kind}, ${clients} clients at once`,
    figures: {
      'processor time': figure(({ http }) => http.processorMs, 'ms an image'),
      '  without the engine process': figure(({ http }) => http.serviceMs, 'ms an image'),
      'processor time, engine alone': figure(({ alone }) => alone.processorMs, 'ms an image'),
      'ratio of the two': figure(({ http, alone }) => http.processorMs / alone.processorMs, 'times', 2),
      'decoding by sharp alone': figure((one) => one.decodingMs, 'ms an image'),
      'over HTTP': figure(({ http }) => http.perSecond, 'images a second'),
      'engine alone': figure(({ alone }) => alone.perSecond, 'images a second'),
      'ratio of those': figure(({ http, alone }) => http.perSecond / alone.perSecond, 'times', 2),
      'delay of the event loop, p99': figure(({ http }) => http.loopDelayMs, 'ms'),
      'collections of the whole heap': figure(({ http }) => http.collections, 'for 100 images'),
    },
  };
}

async function overHttp({ pid, baseUrl }, url, files, clients) {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const bodies = files.map(formOf);
  const before = await metricsOf(baseUrl);
  const [all, service] = [processorSeconds(pid), processorSecondsOf(pid)];
  const perSecond = await allOf(bodies, clients, async (body) => scoreOf(await post(url, body, agent)));
  const processorMs = ((processorSeconds(pid) - all) * 1000) / files.length;
  const serviceMs = ((processorSecondsOf(pid) - service) * 1000) / files.length;
  agent.destroy();
  const after = await metricsOf(baseUrl);
  const collections = (100 * (after.collections - before.collections)) / files.length;
  return { perSecond, processorMs, serviceMs, loopDelayMs: after.loopDelayMs, collections };
}

async function inEngine(engine, detector, prepared, clients) {
  const { pid } = engine.state;
  const before = processorSeconds(pid);
  const perSecond = await allOf(prepared, clients, (image) => engine.score({ detector, images: [image] }));
  return { perSecond, processorMs: ((processorSeconds(pid) - before) * 1000) / prepared.length };
}

/**
 * What the service says of itself: the 99th percentile of the event loop's delay since it was asked last, and how
 * often it has collected its whole heap.
 */
async function metricsOf(baseUrl) {
  const value = await serverMetrics(baseUrl);
  return {
    loopDelayMs: value('nodejs_eventloop_lag_p99_seconds') * 1000,
    collections: value('nodejs_gc_duration_seconds_count{kind="major"}'),
  };
}

/** Processor milliseconds that sharp takes to decode an image, in one thread. */
async function decodingMs(files) {
  sharp.concurrency(1);
  const before = process.cpuUsage();
  for (const file of files) await sharp(file).raw().toBuffer();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / files.length;
}

async function makeDetector(engine, folder) {
  const options = resolveAdaptationOptions({ training: { epochs: 1, selection: 'last', heldOutSamples: 0 } });
  const [workFolder, outFolder] = ['work', 'model'].map((name) => path.join(folder, name));
  mkdirSync(workFolder);
  await engine.adapt({ options, images: await exampleShots(), workFolder, outFolder });
  return { id: 'bench', folder: outFolder };
}

if (isAlone) {
  scorePathRows(rowsWith(50, 8), await scorePathBench());
}
