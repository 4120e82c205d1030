import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MediclipClient } from '@mediclip/client';
import { startEmbeddedServer } from '../apps/cli/dist/demo/embedded-server.js';
import { noisePng } from '../apps/cli/dist/end-to-end/testing/large-archive.js';
import { device } from './device.mjs';
import { adaptBriefly, untilTraining, uploadExamples } from './example-model.mjs';
import { serverMetrics } from './server-metrics.mjs';
import { describeSpread, quantileOf } from './spread.mjs';

/** Requests for each number of clients. */
const requestsOfClients = { 1: 60, 8: 240, 32: 480 };
const requestsWhileAdapting = 40;
const side = 240;

/**
 * `POST /v1/models/{id}/score` of `mediclip serve` over HTTP, one new image a request. `levels` has for 1, 8 and 32
 * clients at once requests a second, latencies in milliseconds, and `engineShare`, the share of the time in which the
 * engine was computing scores; `shadow` the medians of the latencies of one client that asks by an alias, in turns
 * without a shadow and with one that scores every request; `whileAdapting` the latencies of one client while an
 * adaptation with its default options is running.
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
    const adaptation = await client.createAdaptation({ datasetId });
    await untilTraining(client, adaptation.id);
    const whileAdapting = await load(server, client, modelId, { clients: 1, requests: requestsWhileAdapting });
    await client.cancelJob(adaptation.id);
    await client.waitForJob(adaptation.id);
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
  const engineBefore = await engineSeconds(baseUrl);
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
  return {
    clients,
    perSecond: requests / seconds,
    p50Ms: quantileOf(latencies, 0.5),
    p95Ms: quantileOf(latencies, 0.95),
    p99Ms: quantileOf(latencies, 0.99),
    engineShare: ((await engineSeconds(baseUrl)) - engineBefore) / seconds,
  };
}

/** Time in which the engine has computed scores so far. */
async function engineSeconds(baseUrl) {
  const value = await serverMetrics(baseUrl);
  return value('mediclip_score_stage_seconds_sum{stage="pass"}');
}
