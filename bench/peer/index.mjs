/**
 * `node bench/peer/index.mjs PYTHON [IMAGES]`: the product's service beside a plain one of PyTorch and FastAPI
 * (`service.py`) that does the same work: the same towers with the same weights and the same detector. 8 clients send
 * each in turn the same 240 x 240 PNGs, which neither has seen; images a second, the largest memory of all processes
 * of each, and how far their scores are apart, with medians and spreads. The product has the C library's settings of
 * its container images; the plain service has none, with which it is fastest. PYTHON has the packages that `service.py`
 * names. Linux only.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MediclipClient } from '@mediclip/client';
import { startEmbeddedServer } from '../../apps/cli/dist/demo/embedded-server.js';
import { asInContainer } from '../as-in-container.mjs';
import { adaptBriefly, uploadExamples } from '../example-model.mjs';
import { allOf, formOf, post, scoreOf, unseenFiles } from '../http-load.mjs';
import { matrixBench } from '../matrix.mjs';
import { memoryOfTree, residentOfTree } from '../process-tree.mjs';
import { describeSpread } from '../spread.mjs';

const repetitions = 5;
const clients = 8;
const [python, images = '96'] = process.argv.slice(2);
if (!python) throw new RangeError('Give the path of a Python that has PyTorch and FastAPI.');
const weights = fileURLToPath(new URL('../../packages/backbones/weights/lite', import.meta.url));
const script = fileURLToPath(new URL('service.py', import.meta.url));

const plainEnvironment = { ...process.env };

/** The plain service with the detector in `folder`, as `startEmbeddedServer` starts the product's. */
async function startPeer(folder) {
  const child = spawn(python, [script, weights, folder], {
    env: plainEnvironment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'close');
  const words = [];
  const baseUrl = await new Promise((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      words.push(line);
      const [, address] = /running on (http:\S+)/.exec(line) ?? [];
      if (address) resolve(address);
    });
    ended.then(() => reject(new Error(words.slice(-20).join('\n'))), reject);
  });
  return {
    baseUrl,
    pid: child.pid,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Has a service score all files: images a second, the memory that its processes had at most, and the scores. */
async function drive({ pid, url, scoreOf: scoreIn }, files) {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const scores = new Array(files.length);
  const peak = { shared: 0, resident: 0 };
  const sample = () => {
    peak.shared = Math.max(peak.shared, memoryOfTree(pid));
    peak.resident = Math.max(peak.resident, residentOfTree(pid));
  };
  const sampling = setInterval(sample, 500);
  const bodies = files.map((file, index) => ({ index, body: formOf(file) }));
  const perSecond = await allOf(bodies, clients, async ({ index, body }) => {
    scores[index] = scoreIn(await post(url, body, agent));
  });
  clearInterval(sampling);
  sample();
  agent.destroy();
  return { perSecond, peak, scores };
}

/** Adapts in a service that ends then, so that the one that is measured has only scored. */
async function adapted(data) {
  const server = await startEmbeddedServer(data);
  try {
    const client = new MediclipClient(server);
    return await adaptBriefly(client, await uploadExamples(client));
  } finally {
    await server.stop();
  }
}

/** The folder of the one detector that a stopped service has stored. */
function detectorIn(data) {
  const files = readdirSync(data, { recursive: true });
  return path.join(data, path.dirname(files.find((name) => path.basename(name) === 'detector.safetensors')));
}

function correlation(a, b) {
  const less = (values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  };
  const [left, right] = [less(a), less(b)];
  const product = (x, y) => x.reduce((sum, value, index) => sum + value * y[index], 0);
  return product(left, right) / Math.sqrt(product(left, left) * product(right, right));
}

const row = (name, value, unit = '') => console.log(`${name.padEnd(44)} ${value.padStart(24)} ${unit}`);
const folder = mkdtempSync(path.join(tmpdir(), 'mediclip-peer-'));
const services = [];
try {
  process.env.MEDICLIP_RATE_LIMIT_PER_MINUTE = '1000000';
  asInContainer();
  const data = path.join(folder, 'data');
  const modelId = await adapted(data);
  const detector = detectorIn(data);
  row('float32 matrix product, 2048 x 2048', (await matrixBench()).toFixed(0), 'GFLOP/s');
  const product = await startEmbeddedServer(data);
  services.push({ ...product, url: `${product.baseUrl}/v1/models/${modelId}/score`, scoreOf });
  const peer = await startPeer(detector);
  services.push({ ...peer, url: `${peer.baseUrl}/score`, scoreOf: ({ score }) => score });

  const rounds = [];
  for (let round = 0; round <= repetitions; round++) {
    const files = await unseenFiles(Number(images), (greys) => greys.png(), ['abnormal', 'normal']);
    const [ours, theirs] = [await drive(services[0], files), await drive(services[1], files)];
    // The first round opens the sessions.
    if (round > 0) rounds.push({ ours, theirs });
  }

  const spread = (take, digits) => describeSpread(rounds.map(take), digits);
  const mebibytes = (kind) => (one) => Math.max(...rounds.map((round) => round[one].peak[kind])) / 2 ** 20;
  row(
    'images a second, product',
    spread(({ ours }) => ours.perSecond),
  );
  row(
    'images a second, PyTorch and FastAPI',
    spread(({ theirs }) => theirs.perSecond),
  );
  row(
    'ratio',
    spread(({ ours, theirs }) => ours.perSecond / theirs.perSecond, 2),
    '(goal: at least 1.5)',
  );
  for (const [kind, name] of [
    ['shared', 'memory at the peak, shared pages once'],
    ['resident', 'sum of resident sets'],
  ]) {
    const [ours, theirs] = ['ours', 'theirs'].map(mebibytes(kind));
    row(`${name}, product`, ours.toFixed(0), 'MiB');
    row(`${name}, PyTorch`, theirs.toFixed(0), 'MiB');
    row('  ratio', (ours / theirs).toFixed(2), '(goal: at most 0.6)');
  }
  const all = (one) => rounds.flatMap((round) => round[one].scores);
  const [ours, theirs] = [all('ours'), all('theirs')];
  row(
    'largest difference of scores',
    Math.max(...ours.map((score, i) => Math.abs(score - theirs[i]))).toExponential(1),
  );
  row('correlation of scores', correlation(ours, theirs).toFixed(6), `(${ours.length} images)`);
} finally {
  for (const { stop } of services) await stop();
  rmSync(folder, { recursive: true });
}
