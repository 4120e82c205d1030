/**
 * `node bench/workers.mjs`: scoring jobs a minute with one worker process and with two, on one Redis and one store;
 * rounds with one and with two take turns, so that a machine that others use too slows both. Needs `redis-server` and a
 * build (`npm run build`).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MediclipClient } from '@mediclip/client';
import { ensureRedis } from '../scripts/ensure-redis.mjs';

const jobs = 16;
const rounds = 2;
const command = fileURLToPath(new URL('../bin/mediclip.mjs', import.meta.url));
const examples = fileURLToPath(new URL('../examples/brain-mri', import.meta.url));

/** Starts a program; resolves with it when a line of its output says `ready`. */
async function start(program, args, environment, ready) {
  const child = spawn(program, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface(child.stdout)) {
    if (!line.includes(ready)) continue;
    child.stdout.resume();
    return child;
  }
  throw new Error(`${program} ${args[0]} ended before it was ready.`);
}

async function end(child, signal) {
  const ended = once(child, 'close');
  child.kill(signal);
  await ended;
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  return port;
}

const filesOf = (part, labels, count) =>
  readdirSync(path.join(examples, part))
    .sort()
    .slice(0, count)
    .map((fileName) => ({ fileName, content: readFileSync(path.join(examples, part, fileName)), ...labels }));

const redisServer = ensureRedis();
if (redisServer === null) throw new Error('There is no redis-server: install Redis 6.2 or newer.');
const folder = mkdtempSync(path.join(tmpdir(), 'mediclip-bench-'));
const redisPort = await freePort();
const redis = await start(
  redisServer,
  ['--port', String(redisPort), '--bind', '127.0.0.1', '--dir', folder],
  {},
  'Ready to accept',
);
const member = async (role, name) => {
  const port = await freePort();
  const environment = {
    MEDICLIP_REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    MEDICLIP_STORE_URL: pathToFileURL(path.join(folder, 'store')).href,
    MEDICLIP_DATA_DIR: path.join(folder, name),
    MEDICLIP_DEVICE: 'cpu',
    MEDICLIP_PORT: String(port),
  };
  const child = await start(process.execPath, [command, role], environment, '"ready"');
  return { child, baseUrl: `http://127.0.0.1:${port}` };
};

/** Seconds that `jobs` scorings take from the first request to the last result. */
async function round(client, request) {
  const begin = performance.now();
  const made = await Promise.all(Array.from({ length: jobs }, () => client.createScoring(request)));
  await Promise.all(made.map((job) => client.waitForResult(job)));
  return (performance.now() - begin) / 1000;
}

const api = await member('api', 'api');
const client = new MediclipClient({ baseUrl: api.baseUrl });
const seconds = { 1: 0, 2: 0 };
let workers = [await member('worker', 'worker-0')];
const train = { split: 'train', label: 'normal' };
const { id: datasetId } = await client.createDataset({ name: 'Synthetic brain MRI' });
await client.uploadImages(datasetId, [
  ...filesOf('train/normal', train, 3),
  ...filesOf('test/normal', { split: 'test', label: 'normal' }, 8),
  ...filesOf('test/abnormal', { split: 'test', label: 'abnormal' }, 8),
]);
const training = { epochs: 1, batchSize: 1, heldOutSamples: 0, selection: 'last' };
const { modelId } = await client.waitForResult(await client.createAdaptation({ datasetId, shots: 3, training }));
const request = { modelId, datasetId, split: 'test' };
for (let i = 0; i < rounds; i++) {
  await round(client, request); // fills caches of models and sessions
  seconds[1] += await round(client, request);
  workers = [...workers, await member('worker', 'worker-1')];
  await round(client, request);
  seconds[2] += await round(client, request);
  await end(workers.pop().child, 'SIGTERM');
}
const perMinute = (count) => (60 * rounds * jobs) / seconds[count];
const row = (name, value) => console.log(`${name.padEnd(46)} ${value}`);
row('cores', String(availableParallelism()));
row('scoring jobs of 16 images, one worker', `${perMinute(1).toFixed(0)} a minute`);
row(
  'scoring jobs of 16 images, two workers',
  `${perMinute(2).toFixed(0)} a minute (${(perMinute(2) / perMinute(1)).toFixed(2)} times one)`,
);
for (const { child } of [...workers, api]) await end(child, 'SIGTERM');
await end(redis, 'SIGKILL');
rmSync(folder, { recursive: true });
