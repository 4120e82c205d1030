/**
 * `node bench/watchers.mjs [STREAMS]`: what other requests to `mediclip serve` take while so many clients (2,000 by
 * default) follow the events of a job that runs, or up to 500 those of all jobs of a tenant that has 200 of them, as a
 * table in Markdown. Each row is beside one without any follower, in the same server and under the same adaptation.
 * With it the longest turn of the server's event loop and its processor time.
 *
 * `node bench/watchers.mjs each [STREAMS…]`: what an event costs the server with so many followers (0, 1, 10, 100 and
 * 1,000 by default) of one job that runs, and of all jobs while jobs are made and cancelled.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { MediclipClient } from '@mediclip/client';
import { startEmbeddedServer } from '../apps/cli/dist/demo/embedded-server.js';
import { untilTraining, uploadExamples } from './example-model.mjs';
import { serverMetrics } from './server-metrics.mjs';
import { quantileOf } from './spread.mjs';

const requests = 400;
const pauseMs = 20;
const waitingJobs = 200;
/** Streams beyond the limit, which must be refused. */
const refusedStreams = 50;
const openedAtOnce = 20;

/** How long the followers of one job are watched, and how many jobs are made and cancelled for those of all. */
const watchedMs = 15_000;
const madeJobs = 40;
/** In which the last events come. */
const settledMs = 1500;

const [first = '2000', ...more] = process.argv.slice(2);
if (!isMainThread) await follow(workerData);
else if (first === 'each') {
  const sizes = more.length > 0 ? more.map(Number) : [0, 1, 10, 100, 1000];
  await serving(Math.max(...sizes), (...served) => costs(sizes, ...served));
} else await serving(Number(first), (...served) => besideFollowers(Number(first), ...served));

/** Runs `measure` with a server in which an adaptation runs, and which has room for so many followers. */
async function serving(streams, measure) {
  const folder = mkdtempSync(path.join(tmpdir(), 'mediclip-watchers-'));
  process.env.MEDICLIP_RATE_LIMIT_PER_MINUTE = '1000000';
  process.env.MEDICLIP_MAX_TENANT_EVENT_STREAMS = String(streams);
  process.env.MEDICLIP_MAX_EVENT_STREAMS = String(streams);
  process.env.MEDICLIP_MAX_TENANT_JOBS = String(waitingJobs + 1);
  const server = await startEmbeddedServer(folder);
  try {
    const client = new MediclipClient(server);
    const datasetId = await uploadExamples(client);
    const adaptation = { datasetId, training: { epochs: 1000 } };
    const { id: jobId } = await client.createAdaptation(adaptation);
    await untilTraining(client, jobId);
    await measure(server, client, jobId, adaptation);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

async function besideFollowers(streams, server, client, jobId, adaptation) {
  console.log('| followers | refused | events a second | p50 | p99 | slowest | longest turn | processor time |');
  console.log('|---|---:|---:|---:|---:|---:|---:|---:|');
  await row('none', server, client, jobId);
  await row(`${streams} of one job`, server, client, jobId, {
    path: `/v1/jobs/${jobId}/events`,
    streams,
    isFull: true,
  });
  for (let i = 0; i < waitingJobs; i++) await client.createAdaptation(adaptation);
  await row(`none, ${waitingJobs} jobs wait`, server, client, jobId);
  const all = Math.min(streams, 500);
  await row(`${all} of all jobs`, server, client, jobId, { path: '/v1/jobs/events', streams: all });
}

/** Prints for each number of followers the events that came, and what they took of the server's processor time. */
async function costs(sizes, server, client, jobId, adaptation) {
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const kinds = {
    'one job': { path: `/v1/jobs/${jobId}/events`, change: () => pause(watchedMs) },
    'all jobs': {
      path: '/v1/jobs/events',
      async change() {
        for (let i = 0; i < madeJobs; i++) await client.cancelJob((await client.createAdaptation(adaptation)).id);
      },
    },
  };
  console.log('| followers | events to all of them | seconds | processor ms | ms for each event of a follower |');
  console.log('|---|---:|---:|---:|---:|');
  for (const [name, { path: followed, change }] of Object.entries(kinds)) {
    let alone = 0;
    // What runs for the first time costs more.
    await change();
    for (const streams of sizes) {
      const followers = await startFollowers({ baseUrl: server.baseUrl, path: followed, streams });
      await pause(settledMs);
      const [before, eventsBefore, begun] = [await metricsOf(server), followers.events(), performance.now()];
      await change();
      await pause(settledMs);
      const seconds = (performance.now() - begun) / 1000;
      const processorMs = 1000 * ((await metricsOf(server)).cpuSeconds - before.cpuSeconds);
      const events = followers.events() - eventsBefore;
      await followers.stop();
      await pause(settledMs);
      if (streams === 0) alone = processorMs;
      const each = events > 0 ? ((processorMs - alone) / events).toFixed(3) : '';
      const cells = [`${streams} of ${name}`, events, seconds.toFixed(0), processorMs.toFixed(0), each];
      console.log(`| ${cells.join(' | ')} |`);
    }
  }
}

/** Prints a row: other requests beside the followers, or alone. */
async function row(name, server, client, jobId, followed) {
  const followers = followed && (await startFollowers({ baseUrl: server.baseUrl, ...followed }));
  await metricsOf(server);
  const before = await metricsOf(server);
  const eventsBefore = followers?.events() ?? 0;
  const begun = performance.now();
  const latencies = [];
  let longestTurnMs = 0;
  for (let i = 0; i < requests; i++) {
    const sent = performance.now();
    await (i % 2 === 0 ? client.getJob(jobId) : client.listDatasets());
    latencies.push(performance.now() - sent);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    if (i % 50 === 49) longestTurnMs = Math.max(longestTurnMs, (await metricsOf(server)).longestTurnMs);
  }
  const seconds = (performance.now() - begun) / 1000;
  const after = await metricsOf(server);
  const eventsAfter = followers?.events() ?? 0;
  await followers?.stop();
  const quantile = (share) => `${quantileOf(latencies, share).toFixed(0)} ms`;
  const cells = [
    name,
    followers?.refused ?? 0,
    Math.round((eventsAfter - eventsBefore) / seconds),
    quantile(0.5),
    quantile(0.99),
    quantile(1),
    `${longestTurnMs.toFixed(0)} ms`,
    `${((100 * (after.cpuSeconds - before.cpuSeconds)) / seconds).toFixed(0)} %`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

/** The processor time of the server so far, and its longest turn since it was last asked. */
async function metricsOf({ baseUrl }) {
  const value = await serverMetrics(baseUrl);
  return {
    longestTurnMs: 1000 * value('nodejs_eventloop_lag_max_seconds'),
    cpuSeconds: value('process_cpu_seconds_total'),
  };
}

/** Followers in a thread of their own; resolves once all are answered. */
async function startFollowers(data) {
  const counts = new Int32Array(new SharedArrayBuffer(4));
  const thread = new Worker(new URL(import.meta.url), { workerData: { ...data, counts } });
  const refused = await new Promise((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
  });
  return { refused, events: () => Atomics.load(counts, 0), stop: () => thread.terminate() };
}

/** Opens the streams, and then some beyond the limit; one that is turned away for the moment is opened again. */
async function follow({ baseUrl, path: target, streams, isFull, counts }) {
  const { port } = new URL(baseUrl);
  const open = () =>
    new Promise((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () =>
        socket.write(`GET ${target} HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n`),
      );
      socket.on('error', resolve);
      socket.on('data', (chunk) => {
        const text = chunk.toString('latin1');
        resolve(text.slice(9, 12));
        Atomics.add(counts, 0, text.split('\nid: ').length - 1);
      });
    });
  let left = streams;
  const openSome = async () => {
    while (left-- > 0) {
      if ((await open()) !== '200') left++;
    }
  };
  await Promise.all(Array.from({ length: openedAtOnce }, openSome));
  const beyond = await Promise.all(Array.from({ length: isFull ? refusedStreams : 0 }, open));
  parentPort.postMessage(beyond.filter((status) => status === '429').length);
}
