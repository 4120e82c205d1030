import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MediclipClient } from '@mediclip/client';
import { startEmbeddedServer } from '../apps/cli/dist/demo/embedded-server.js';
import { noisePng } from '../apps/cli/dist/end-to-end/testing/large-archive.js';
import { adaptBriefly, untilTraining, uploadExamples } from './example-model.mjs';
import { device } from './options.mjs';
import { serverMetrics } from './server-metrics.mjs';
import { describeSpread, quantileOf } from './spread.mjs';

/** Requests for each number of clients. */
const requestsOfClients = { 1: 60, 8: 240, 32: 480 };
/** Requests of a turn without and with an adaptation, and how many turns `serviceBench` has. */
const requestsOfTurn = 40;
const adaptingTurns = 3;
const side = 240;

/**
 * `POST /v1/models/{id}/score` of `mediclip serve` over HTTP, one new image a request. `levels` has for 1, 8 and 32
 * clients at once requests a second, latencies in milliseconds, and `engineShare`, the share of the time in which the
 * engine was computing scores; `shadow` the medians of the latencies of one client that asks by an alias, in turns
 * without a shadow and with one that scores every request; `whileAdapting` those of one client in turns without an
 * adaptation and with one.
 */
export async function serviceBench() {
  return withServer(async (server, client) => {
    const datasetId = await uploadExamples(client);
    const modelId = await adaptBriefly(client, datasetId);
    await load(server, client, modelId, { clients: 8, requests: 80 });

    const levels = [];
    for (const [clients, requests] of Object.entries(requestsOfClients)) {
      levels.push(await load(server, client, modelId, { clients: Number(clients), requests }));
    }
    const shadow = await withShadow(server, client, modelId, await adaptBriefly(client, datasetId));
    const whileAdapting = await withAdaptation(server, client, modelId, datasetId, adaptingTurns);
    return { levels, shadow, whileAdapting };
  });
}

/** Lends a server with an empty store to `measure`. */
async function withServer(measure) {
  const folder = mkdtempSync(path.join(tmpdir(), 'mediclip-bench-'));
  process.env.MEDICLIP_DEVICE = device;
  process.env.MEDICLIP_RATE_LIMIT_PER_MINUTE = '1000000';
  const server = await startEmbeddedServer(folder);
  try {
    return await measure(server, new MediclipClient(server));
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

/**
 * Turns of each, so that what the machine does besides falls on both alike: the medians of the turns, in milliseconds.
 */
async function withShadow(server, client, modelId, shadowModelId, turns = 8) {
  const medians = { without: [], with: [] };
  for (let turn = 0; turn < turns; turn++) {
    for (const [name, shadow] of [
      ['without', null],
      ['with', { modelId: shadowModelId, share: 1 }],
    ]) {
      await client.setAlias('bench', { modelId, shadow });
      medians[name].push((await load(server, client, '@bench', { clients: 1, requests: 30 })).p50Ms);
    }
  }
  await client.deleteAlias('bench');
  return medians;
}

/** Turns of one client without an adaptation and with one of default options that trains: what `load` tells of each. */
async function withAdaptation(server, client, modelId, datasetId, turns) {
  const figures = { idle: [], adapting: [] };
  const turn = () => load(server, client, modelId, { clients: 1, requests: requestsOfTurn });
  for (let count = 0; count < turns; count++) {
    figures.idle.push(await turn());
    const { id } = await client.createAdaptation({ datasetId });
    await untilTraining(client, id);
    figures.adapting.push(await turn());
    await client.cancelJob(id);
    await client.waitForJob(id);
  }
  return figures;
}

/** The figures of `withAdaptation` alone, on a server of their own. */
export async function whileAdaptingBench(turns) {
  return withServer(async (server, client) => {
    const datasetId = await uploadExamples(client);
    const modelId = await adaptBriefly(client, datasetId);
    await load(server, client, modelId, { clients: 8, requests: 80 });
    return withAdaptation(server, client, modelId, datasetId, turns);
  });
}

/** Prints rows for the latencies in both kinds of turns, and one for how their medians differ in each turn. */
export function whileAdaptingRows(row, { idle, adapting }) {
  for (const [name, turns] of Object.entries({ 'without an adaptation': idle, 'while adapting': adapting })) {
    for (const quantile of ['p50Ms', 'p95Ms']) {
      const values = turns.map((turn) => turn[quantile]);
      row(`score, 1 client, ${name}, ${quantile.slice(0, 3)}`, describeSpread(values), 'ms, of the turns');
    }
    for (const [stage, what] of Object.entries({
      decode: 'decoding',
      batch: 'waiting in the engine',
      pass: 'computing',
    })) {
      const values = turns.map(({ stagesMs }) => stagesMs[stage]);
      row(`  mean of ${what}`, describeSpread(values), 'ms, of the turns');
    }
  }
  const ratios = adapting.map(({ p50Ms }, turn) => p50Ms / idle[turn].p50Ms);
  row(
    '  the p50 while adapting divided by that without',
    describeSpread(ratios, 2),
    'of the turns (goal: at most 2.5)',
  );
}

/** The latencies of `withShadow` alone, on a server of their own. */
export async function shadowBench(turns) {
  return withServer(async (server, client) => {
    const datasetId = await uploadExamples(client);
    const models = [await adaptBriefly(client, datasetId), await adaptBriefly(client, datasetId)];
    for (const modelId of models) await load(server, client, modelId, { clients: 8, requests: 80 });
    return withShadow(server, client, ...models, turns);
  });
}

/** Prints a row for the latencies without a shadow, one for those with it, and one for how they differ in each turn. */
export function shadowRows(row, medians) {
  for (const [name, values] of Object.entries(medians)) {
    row(`score by an alias, 1 client, ${name} a shadow`, describeSpread(values), 'ms, of the medians of the turns');
  }
  const ratios = medians.with.map((value, turn) => value / medians.without[turn]);
  row('  the latter divided by the former', describeSpread(ratios, 2), 'of the turns');
}

/** Sends requests from so many clients at once, each as soon as its last one is answered. */
async function load({ baseUrl }, client, modelId, { clients, requests }) {
  const images = Array.from({ length: requests }, (_, i) => ({ fileName: `${i}.png`, content: noisePng(side) }));
  const latencies = [];
  const before = await stageSeconds(baseUrl);
  const begun = performance.now();
  const one = async () => {
    for (let image = images.pop(); image !== undefined; image = images.pop()) {
      const sent = performance.now();
      const { results } = await client.scoreImages(modelId, [image]);
      if (results[0].outcome !== 'scored') throw new Error(results[0].error.detail);
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: clients }, one));
  const seconds = (performance.now() - begun) / 1000;
  const after = await stageSeconds(baseUrl);
  const meanMs = (stage) => (1000 * (after[stage] - before[stage])) / requests;
  return {
    clients,
    perSecond: requests / seconds,
    p50Ms: quantileOf(latencies, 0.5),
    p95Ms: quantileOf(latencies, 0.95),
    p99Ms: quantileOf(latencies, 0.99),
    engineShare: (after.pass - before.pass) / seconds,
    stagesMs: { decode: meanMs('decode'), batch: meanMs('batch'), pass: meanMs('pass') },
  };
}

/** Seconds that scores have spent so far in being decoded, in waiting for their batch, and in its computing. */
async function stageSeconds(baseUrl) {
  const value = await serverMetrics(baseUrl);
  const of = (stage) => value(`mediclip_score_stage_seconds_sum{stage="${stage}"}`);
  return { decode: of('decode'), batch: of('batch'), pass: of('pass') };
}
