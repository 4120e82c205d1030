/**
 * `node bench/soak.mjs [SECONDS] [PAUSE]` (600 and 0 by default): three tenants work with two API processes and a
 * worker on one Redis and one disk while the engine, the worker, an API and Redis are killed, an API is told to end,
 * and the disk is full, in turn. Each tenant rests PAUSE seconds between rounds, and disturbances wait so much
 * longer: that leaves a shared machine to others. At the end nothing may be lost or doubled, and memory and
 * descriptors of the API that was not killed must be flat. Prints what happened as a table in Markdown; status 1
 * when something is wrong. Needs redis-server; the disk is left out where nothing may be mounted.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { MediclipClient } from '@mediclip/client';
import { SmallDisk, temporaryFolder, whyNoSmallDisk } from '@mediclip/testing';
import { Cluster } from '../apps/cli/dist/chaos/testing/cluster.js';
import { labelledExamples, quickOptions } from '../apps/cli/dist/end-to-end/testing/examples.js';
import { residentMemory } from './process-tree.mjs';

const seconds = Number(process.argv[2] ?? 600);
const MiB = 2 ** 20;
const tenants = ['amber', 'blue', 'coral'];
const restMs = 1000 * Number(process.argv[3] ?? 0);
const pauseMs = 6000 + restMs;
const giveUpAfterMs = 180_000;
const faults = [];
const counts = {};
const count = (what) => {
  counts[what] = (counts[what] ?? 0) + 1;
};

function keysFile() {
  const file = path.join(temporaryFolder(), 'keys.json');
  const keys = tenants.map((tenant, index) => ({
    id: `0193f3a2-7c1e-7d3a-9b5f-00000000000${index}`,
    tenant,
    sha256: createHash('sha256').update(`key-of-${tenant}`).digest('hex'),
    createdAt: new Date().toISOString(),
  }));
  writeFileSync(file, JSON.stringify({ schemaVersion: 1, keys }));
  return file;
}

const noDisk = whyNoSmallDisk();
if (noDisk) console.warn(`NOT RUN: the full disk, because ${noDisk}.`);
const disk = noDisk ? undefined : new SmallDisk(768);
const cluster = await Cluster.start({
  workers: 1,
  settings: {
    MEDICLIP_API_KEYS_FILE: keysFile(),
    ...(disk && { MEDICLIP_STORE_URL: pathToFileURL(disk.folder).href }),
  },
});
const [steady, mortal] = cluster.apis;
const [worker] = cluster.workers;

/** Calls `work` with a client of either API until it succeeds. */
async function untilItSucceeds(tenant, what, work) {
  const until = performance.now() + giveUpAfterMs;
  for (let tries = 0; ; tries++) {
    const { baseUrl } = cluster.apis[tries % cluster.apis.length];
    try {
      const result = await work(new MediclipClient({ baseUrl, apiKey: `key-of-${tenant}` }));
      count(what);
      return result;
    } catch (error) {
      const status = error.problem?.status ?? 503;
      const isOver = status < 500 && ![408, 409, 429].includes(status);
      if (isOver || performance.now() > until)
        throw new Error(`${what} of ${tenant} never succeeded`, { cause: error });
      count('tries again');
      await sleep(500);
    }
  }
}

const once = () => ({ idempotencyKey: randomUUID() });
const images = labelledExamples({ train: 4, normal: 1, abnormal: 1 });

/** What a tenant has, and must have at the end; and the answers that must come again. */
async function beginWork(tenant) {
  const keys = [once(), once(), once()];
  const { id: datasetId } = await untilItSucceeds(tenant, 'data sets', (client) =>
    client.createDataset({ name: 'a' }, keys[0]),
  );
  await untilItSucceeds(tenant, 'uploads', (client) => client.uploadImages(datasetId, images, keys[1]));
  const request = { datasetId, ...quickOptions(1) };
  const job = await untilItSucceeds(tenant, 'adaptations', (client) => client.createAdaptation(request, keys[2]));
  const { modelId } = await untilItSucceeds(tenant, 'jobs awaited', (client) => client.waitForResult(job));
  return { tenant, datasetId, modelId, jobs: [job.id], datasets: new Map([[datasetId, images.length]]), models: 1 };
}

async function oneRound(have, round) {
  const { tenant, datasetId, modelId } = have;
  const score = await untilItSucceeds(tenant, 'scores', (client) => client.scoreImages(modelId, [images.at(-1)]));
  have.score ??= score.results;
  if (!isDeepStrictEqual(score.results, have.score)) faults.push(`a score of ${tenant} is another`);

  const key = once();
  const adapts = round % 5 === 3;
  const job = adapts
    ? await untilItSucceeds(tenant, 'adaptations', (client) =>
        client.createAdaptation({ datasetId, ...quickOptions(1) }, key),
      )
    : await untilItSucceeds(tenant, 'scorings', (client) => client.createScoring({ modelId, datasetId }, key));
  have.jobs.push(job.id);
  if (adapts) have.models++;

  const [made, filled] = [once(), once()];
  const { id } = await untilItSucceeds(tenant, 'data sets', (client) => client.createDataset({ name: 'b' }, made));
  await untilItSucceeds(tenant, 'uploads', (client) => client.uploadImages(id, images, filled));
  have.datasets.set(id, images.length);
  if (round % 2 === 1) {
    await untilItSucceeds(tenant, 'deletions', (client) => client.deleteDataset(id).catch(except(404)));
    have.datasets.delete(id);
  }
  await untilItSucceeds(tenant, 'jobs awaited', (client) => client.waitForJob(job.id));
}

const except = (status) => (error) => {
  if (error.problem?.status !== status) throw error;
};

const disturbances = {
  'engine killed': async () => process.kill(await worker.enginePid(), 'SIGKILL'),
  'worker killed': () => worker.kill().then(() => worker.start()),
  'API killed': () => mortal.kill().then(() => mortal.start()),
  'Redis killed': () => cluster.redis.kill().then(() => cluster.redis.restart()),
  'API told to end': () => mortal.stop().then(() => mortal.start()),
  ...(disk && {
    'disk full': async () => {
      disk.fill();
      await sleep(3000);
      disk.free();
    },
  }),
};

const measured = [];
function measure() {
  measured.push({ bytes: residentMemory(steady.pid), descriptors: readdirSync(`/proc/${steady.pid}/fd`).length });
}

async function check({ tenant, jobs, datasets, models }) {
  const client = new MediclipClient({ baseUrl: steady.baseUrl, apiKey: `key-of-${tenant}` });
  const all = async (page) => {
    const found = [];
    for await (const item of page) found.push(item);
    return found;
  };
  const same = (what, found, expected) => {
    if (!isDeepStrictEqual([...found].sort(), [...expected].sort()))
      faults.push(`${tenant} has ${found.length} ${what} in place of ${expected.length}`);
  };
  const foundJobs = await all(client.listJobs({ pageSize: 200 }));
  same('jobs', ids(foundJobs), jobs);
  for (const { id, state, error } of foundJobs)
    if (state !== 'succeeded') faults.push(`the job ${id} of ${tenant} is ${state}: ${error?.detail}`);
  const foundDatasets = await all(client.listDatasets({ pageSize: 200 }));
  same('data sets', ids(foundDatasets), [...datasets.keys()]);
  for (const { id, counts: held } of foundDatasets)
    if (held.total !== datasets.get(id)) faults.push(`the data set ${id} of ${tenant} has ${held.total} images`);
  const foundModels = await all(client.listModels({ pageSize: 200 }));
  if (foundModels.length !== models) faults.push(`${tenant} has ${foundModels.length} models in place of ${models}`);
  const scorings = foundJobs.filter(({ kind }) => kind === 'scoring');
  let first;
  const store = cluster.openStore();
  for (const { id } of scorings) {
    const results = (await all(client.listJobResults(id))).map(({ imageId, score }) => [imageId, score]);
    first ??= results;
    if (!isDeepStrictEqual(results, first)) faults.push(`the scoring ${id} of ${tenant} has other results`);
  }
  for (const { id } of foundJobs) {
    const { events } = await store.tenant(tenant).jobs.get(id);
    if (events.filter(({ type }) => type === 'end').length !== 1) faults.push(`the job ${id} of ${tenant} ended twice`);
  }
}
const ids = (items) => items.map(({ id }) => id);

function checkFlat(name, of, unit, tolerance) {
  const values = measured.map(of);
  const quarter = Math.floor(values.length / 4);
  const median = (some) => some.toSorted((a, b) => a - b)[Math.floor(some.length / 2)];
  const [early, late] = [median(values.slice(quarter, 2 * quarter)), median(values.slice(-quarter))];
  console.log(`| ${name}, second quarter / last / most | ${early} / ${late} / ${Math.max(...values)} ${unit} |`);
  if (late > early + tolerance) faults.push(`the ${name} grew from ${early} to ${late} ${unit}`);
}

try {
  const have = await Promise.all(tenants.map(beginWork));
  const end = performance.now() + 1000 * seconds;
  const sampling = setInterval(measure, 1000);
  const work = have.map(async (one) => {
    for (let round = 0; performance.now() < end; round++) {
      await oneRound(one, round);
      await sleep(restMs);
    }
  });
  const disturb = async () => {
    const turns = Object.entries(disturbances);
    for (let turn = 0; performance.now() < end; turn++) {
      await sleep(pauseMs);
      const [name, disturbance] = turns[turn % turns.length];
      await disturbance();
      count(name);
      console.error(new Date().toISOString(), name, JSON.stringify(measured.at(-1)), `${faults.length} faults`);
    }
  };
  await Promise.all([...work, disturb()]);
  clearInterval(sampling);
  for (const one of have) await check(one);
  for (const api of cluster.apis) {
    const left = readdirSync(path.join(api.dataDir, 'tmp'), { recursive: true }).filter((name) =>
      name.includes('upload-'),
    );
    if (left.length > 0) faults.push(`temporary files are left: ${left.join(', ')}`);
  }
  const wrong = cluster.apis.flatMap(({ log }) =>
    log.filter(({ err, level }) => level >= 60 || err?.type === 'TypeError'),
  );
  if (wrong.length > 0) faults.push(`the log has ${JSON.stringify(wrong[0])}`);
  console.log(`| soak of ${seconds} s | |\n|---|---|`);
  for (const [what, times] of Object.entries(counts)) console.log(`| ${what} | ${times} |`);
  checkFlat('memory of the API', ({ bytes }) => Math.round(bytes / MiB), 'MiB', 60);
  checkFlat('descriptors of the API', ({ descriptors }) => descriptors, '', 20);
} finally {
  await cluster.stop();
  disk?.unmount();
}
for (const fault of faults) console.log(`FAULT: ${fault}`);
process.exit(faults.length > 0 ? 1 : 0);
