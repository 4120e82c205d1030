import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { MediclipClient } from '@mediclip/client';
import { newId } from '@mediclip/store';
import { temporaryFolder, until } from '@mediclip/testing';
import { exampleFiles, readyModel, uploadExamples } from '../end-to-end/testing/examples.js';
import { unzip } from '../end-to-end/testing/exported-files.js';
import { type ServiceProcess, startService } from '../end-to-end/testing/service-process.js';
import { Draws } from './testing/draws.js';
import { drawInput, scoreRequest, type Target } from './testing/inputs.js';
import { Sender } from './testing/sender.js';

/** Statuses of the server's side that `docs/operations.md` describes. */
const documented = new Set([503, 504, 507]);
const atOnce = 8;
const mostBytes = 1.5 * 2 ** 30;
const count = Number(process.env.MEDICLIP_TEST_HOSTILE_INPUTS ?? 5000);
const seed = Number(process.env.MEDICLIP_TEST_HOSTILE_SEED ?? Date.now() % 2 ** 31);
const keys = ['key-of-the-first', 'key-of-the-second'] as const;

function keysFile(): string {
  const file = path.join(temporaryFolder(), 'keys.json');
  const entries = keys.map((key, index) => ({
    id: newId(),
    tenant: `tenant-${index}`,
    sha256: createHash('sha256').update(key).digest('hex'),
    createdAt: new Date().toISOString(),
  }));
  writeFileSync(file, JSON.stringify({ schemaVersion: 1, keys: entries }));
  return file;
}

/** A model of the first tenant, its export, and what it says of images. */
async function prepare(client: MediclipClient): Promise<Target> {
  const modelId = await readyModel(client);
  const datasetId = await uploadExamples(client, { train: 3 });
  const file = path.join(temporaryFolder(), 'model.zip');
  await client.exportModel(modelId, file);
  const files = await unzip(readFileSync(file));
  const own = ['model.json', 'detector.json', 'detector.safetensors'];
  const exported = new Map(own.map((name) => [name, files.get(name)!]));
  const images = exampleFiles('test/abnormal', 3);
  const { results } = await client.scoreImages(modelId, images);
  const scored = results.map((result, index) => {
    if (result.outcome === 'rejected') throw new Error(`The image ${result.fileName} should be scored.`);
    return { content: images[index]!.content as Buffer, score: result.score };
  });
  return { datasetId, modelId, exported, keys, scored };
}

const peakBytes = (pid: number): number | undefined => {
  const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return peak === undefined ? undefined : Number(peak) * 1024;
};

/** Lets the service open 20 files more and no other, and opens 100 connections until it has hung up on most of them. */
async function outliveDescriptors({ pid, baseUrl }: ServiceProcess): Promise<void> {
  const limit = (soft: number | string) => spawnSync('prlimit', [`--pid=${pid}`, `--nofile=${soft}:`]);
  const { stdout } = spawnSync('prlimit', [`--pid=${pid}`, '--nofile', '--noheadings', '--raw', '--output=SOFT']);
  if (!stdout?.length) {
    console.warn('NOT RUN: connections beyond the descriptors, because there is no prlimit.');
    return;
  }
  limit(readdirSync(`/proc/${pid}/fd`).length + 20);
  const sockets = Array.from({ length: 100 }, () => connect(Number(new URL(baseUrl).port), '127.0.0.1'));
  let closed = 0;
  for (const socket of sockets) socket.on('error', () => undefined).on('close', () => closed++);
  await until(() => closed >= 60 || undefined);
  for (const socket of sockets) socket.destroy();
  limit(stdout.toString().trim());
}

test(
  'no input ends, stops or litters the service, or is answered with a fault of its own',
  async () => {
    process.stderr.write(
      `mediclip: ${count} hostile inputs from seed ${seed}; MEDICLIP_TEST_HOSTILE_INPUTS and MEDICLIP_TEST_HOSTILE_SEED set others\n`,
    );
    const service = await startService({
      settings: { MEDICLIP_RATE_LIMIT_PER_MINUTE: '10000000', MEDICLIP_API_KEYS_FILE: keysFile() },
    });
    const target = await prepare(new MediclipClient({ baseUrl: service.baseUrl, apiKey: keys[0] }));
    const sender = new Sender(service.baseUrl);
    const faults: string[] = [];
    const statuses = new Map<string, number>();
    let next = 0;
    const send = async () => {
      while (next < count) {
        const index = next++;
        // Each input has a seed of its own, so that one can be drawn again alone.
        const { kind, input } = await drawInput(new Draws(seed + index), target);
        const { status, body } = await sender
          .send(input)
          .catch((error: Error) => ({ status: error.message, body: '' }) as const);
        const label = `${kind} ${status}`;
        statuses.set(label, (statuses.get(label) ?? 0) + 1);
        const isFault = typeof status === 'string' || (status >= 500 && !documented.has(status));
        const isWrong =
          'isRight' in input && typeof status === 'number' && !documented.has(status) && !input.isRight?.(status, body);
        if (isFault || isWrong) faults.push(`input ${index} (${kind}): ${status} ${body.slice(0, 200)}`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, send));
    process.stderr.write(`mediclip: ${JSON.stringify(Object.fromEntries([...statuses].sort()))}\n`);
    expect(faults).toEqual([]);
    expect((await fetch(`${service.baseUrl}/healthz`)).status).toBe(200);
    expect(service.log.filter(({ level }) => level >= 50)).toEqual([]);
    const temporary = path.join(service.dataDir, 'tmp');
    const left = () =>
      readdirSync(temporary, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('upload-'));
    await until(() => left().length === 0 || undefined);
    if (process.platform === 'linux') {
      const peak = peakBytes(service.pid)!;
      process.stderr.write(`mediclip: the service had ${Math.round(peak / 2 ** 20)} MiB at most\n`);
      expect(peak).toBeLessThan(mostBytes);
    }
    await outliveDescriptors(service);
    const [known] = target.scored;
    const scored = await sender.send(scoreRequest(target, known!));
    expect([scored.status, JSON.parse(scored.body).results[0].score]).toEqual([200, expect.closeTo(known!.score, 5)]);
    sender.close();
    expect(await service.stop()).toBe(0);
  },
  Math.max(300_000, count * 200),
);
