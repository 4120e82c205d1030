import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { startService } from '../end-to-end/testing/service-process.js';
import { until } from '../end-to-end/testing/until.js';
import { Draws } from './testing/draws.js';
import { type Input, kinds } from './testing/inputs.js';

/** Statuses of the server's side that `docs/operations.md` describes. */
const documented = new Set([503, 504, 507]);
const atOnce = 8;
/** No input may be without an answer for longer. */
const timeoutMs = 60_000;
const mostBytes = 1.5 * 2 ** 30;
const count = Number(process.env.MEDICLIP_TEST_HOSTILE_INPUTS ?? 1000);
const seed = Number(process.env.MEDICLIP_TEST_HOSTILE_SEED ?? Date.now() % 2 ** 31);

/** The status of the answer, or of the first one on a connection; 0 when the server hung up without. */
async function send(baseUrl: string, input: Input): Promise<number> {
  if ('framing' in input) return sendBytes(Number(new URL(baseUrl).port), input.framing);
  const answer = await fetch(baseUrl + input.path, {
    method: 'POST',
    headers: {
      'content-type': input.type,
      ...(input.key !== undefined && { 'idempotency-key': encodeURI(input.key) }),
    },
    body: Buffer.from(input.body),
    signal: AbortSignal.timeout(timeoutMs),
  });
  await answer.arrayBuffer();
  return answer.status;
}

async function sendBytes(port: number, bytes: Uint8Array): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk.slice(0, 100);
  });
  socket.on('error', () => undefined);
  socket.end(bytes);
  await once(socket, 'close', { signal: AbortSignal.timeout(timeoutMs) });
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
}

const peakBytes = (pid: number): number | undefined => {
  const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return peak === undefined ? undefined : Number(peak) * 1024;
};

test(
  'no input ends, stops or litters the service, or is answered with a fault of its own',
  async () => {
    process.stderr.write(
      `mediclip: ${count} hostile inputs from seed ${seed}; MEDICLIP_TEST_HOSTILE_INPUTS and MEDICLIP_TEST_HOSTILE_SEED set others\n`,
    );
    const service = await startService({ settings: { MEDICLIP_RATE_LIMIT_PER_MINUTE: '10000000' } });
    const { id: dataset } = await service.client.createDataset({ name: 'hostile' });
    const names = Object.keys(kinds);
    const faults: string[] = [];
    const statuses = new Map<string, number>();
    let next = 0;
    const sender = async () => {
      while (next < count) {
        const index = next++;
        // Each input has a seed of its own, so that one can be drawn again alone.
        const draws = new Draws(seed + index);
        const kind = names[index % names.length]!;
        const input = await kinds[kind]!(draws, dataset);
        const status = await send(service.baseUrl, input).catch((error: Error) => error.message);
        const label = `${kind} ${status}`;
        statuses.set(label, (statuses.get(label) ?? 0) + 1);
        const isCut = typeof status === 'string' && status === 'fetch failed';
        if (typeof status === 'string' ? !isCut : status >= 500 && !documented.has(status)) {
          faults.push(`input ${index} (${kind}): ${status}`);
        }
      }
    };
    await Promise.all(Array.from({ length: atOnce }, sender));
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
    expect(await service.stop()).toBe(0);
  },
  Math.max(300_000, count * 200),
);
