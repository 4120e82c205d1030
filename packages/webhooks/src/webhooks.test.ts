import { type ChildProcess, fork as forkProgram } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { WebhookEvent } from '@mediclip/contracts';
import { type JobQueue, openEmbeddedJobQueue } from '@mediclip/queue';
import { openRedisJobQueue } from '@mediclip/queue/redis';
import { newId, openStore, type Store } from '@mediclip/store';
import { findRedis, s3Credentials, startRedis, startS3Server, temporaryFolder, whyNoS3Server } from '@mediclip/testing';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { Webhook } from 'standardwebhooks';
import type { Resolve } from './addresses.js';
import { webhookKind, webhookPending } from './entries.js';
import { startWebhooks, type Webhooks, type WebhooksOptions } from './start-webhooks.js';
import { Receiver } from './testing/receiver.js';

const hour = 3_600_000;
const loopback: Resolve = async () => [{ address: '127.0.0.1', family: 4 }];

let storeUrl: string;
let store: Store;
let jobQueue: JobQueue;
let receiver: Receiver;
let running: Webhooks[];
let registry: Registry;
/** How far the clock is ahead. */
let ahead: number;

const now = () => Date.now() + ahead;

beforeEach(async () => {
  ahead = 0;
  running = [];
  registry = new Registry();
  storeUrl = pathToFileURL(temporaryFolder()).href;
  store = openStore(storeUrl, { now });
  jobQueue = openEmbeddedJobQueue({ kinds: [webhookKind], onError: () => undefined });
  receiver = await Receiver.start();
});
afterEach(async () => {
  await Promise.all(running.map((webhooks) => webhooks.stop(0)));
  await jobQueue.close();
  await receiver.close();
  await store.close();
});

async function start(options: Partial<WebhooksOptions> = {}): Promise<Webhooks> {
  const logger = pino({ level: 'silent' });
  const fast = { now, resolve: loopback, timeoutMs: 5000, longestRestMs: 5, allowPrivate: true };
  const webhooks = await startWebhooks({ store, jobQueue, logger, registry, ...fast, ...options });
  running.push(webhooks);
  return webhooks;
}

const webhook = (tenant: string, path: string, events: WebhookEvent[] = ['job.succeeded']) =>
  store.tenant(tenant).webhooks.create({ url: receiver.url(path), events });

async function announce(tenant: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const jobId = newId();
    const at = new Date(now()).toISOString();
    const data = { jobId, kind: 'scoring' };
    await store.tenant(tenant).webhooks.announce({ event: 'job.succeeded', at, key: jobId, data });
  }
}

const deliveries = async (tenant: string, webhookId: string) =>
  (await store.tenant(tenant).webhooks.deliveries(webhookId, { limit: 200 })).items;

/** Steps the clock to when the next try of every pending delivery is due, once `tries` have been made of each. */
async function stepTo(tries: number, webhookId: string): Promise<void> {
  const made = async () => (await deliveries('a', webhookId)).every(({ attempts }) => attempts.length >= tries);
  await receiver.until(made);
  const due = (await deliveries('a', webhookId)).map(({ nextAttemptAt }) => Date.parse(nextAttemptAt ?? '1970-01-01'));
  ahead = Math.max(ahead, Math.max(...due) - Date.now() + 1);
}

describe('webhooks', () => {
  test('are told of an event once it has happened, signed as Standard Webhooks says, with ids alone', async () => {
    await start();
    const { secret, id } = await webhook('a', '/fine');
    await announce('a', 1);
    await receiver.until(() => receiver.received.length === 1);
    const [request] = receiver.received;
    const event = new Webhook(secret).verify(request!.body, request!.headers) as Record<string, unknown>;
    const [delivery] = await deliveries('a', id);
    expect(event).toEqual({ type: 'job.succeeded', timestamp: delivery!.at, data: delivery!.data });
    expect(request!.id).toBe(delivery!.id);
    await receiver.until(async () => (await deliveries('a', id))[0]!.state === 'delivered');
    await receiver.until(async () =>
      /^mediclip_webhook_tries_total\{outcome="delivered"\} 1$/m.test(await registry.metrics()),
    );
  });

  test('verify with the secret before and the new one for a day after it was replaced', async () => {
    await start();
    const first = await webhook('a', '/fine');
    const second = await store.tenant('a').webhooks.rotateSecret(first.id, {});
    expect(second.secret).not.toBe(first.secret);
    await announce('a', 1);
    await receiver.until(() => receiver.received.length === 1);
    const { body, headers } = receiver.received[0]!;
    for (const { secret } of [first, second]) expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
    ahead = 25 * hour;
    await announce('a', 1);
    await receiver.until(() => receiver.received.length === 2);
    expect(receiver.received[1]!.headers['webhook-signature']!.split(' ')).toHaveLength(1);
  });

  test('that are slow, answer 500, hang or redirect get every event all the same', async () => {
    const events = 4;
    receiver.answers.set('/slow', () => new Promise((resolve) => setTimeout(resolve, 20, 200)));
    receiver.answers.set('/failing', (nth) => (nth <= 2 ? 500 : 200));
    receiver.answers.set('/hanging', (nth) => (nth === 1 ? undefined : 200));
    receiver.answers.set('/moved', (nth) => (nth === 1 ? 307 : 204));
    await start({ timeoutMs: 300 });
    const made: Awaited<ReturnType<typeof webhook>>[] = [];
    for (const path of ['/slow', '/failing', '/hanging', '/moved']) made.push(await webhook('a', path));
    await announce('a', events);
    const arrived = async () => {
      const all = await Promise.all(made.map(({ id }) => deliveries('a', id)));
      const due = all.flat().flatMap(({ nextAttemptAt }) => (nextAttemptAt ? [Date.parse(nextAttemptAt)] : []));
      if (due.length > 0) ahead = Math.max(ahead, Math.max(...due) - Date.now() + 1);
      return all.flat().every(({ state }) => state === 'delivered');
    };
    await receiver.until(arrived);
    for (const path of ['/slow', '/failing', '/hanging', '/moved']) expect(receiver.idsAt(path).size).toBe(events);
    expect(receiver.idsAt('/elsewhere').size).toBe(0);
    for (const { path, id, headers, body } of receiver.received) {
      const { secret } = made.find(({ url }) => url.endsWith(path))!;
      const at = new Date(Number(headers['webhook-timestamp']) * 1000);
      expect(headers['webhook-signature']).toBe(new Webhook(secret).sign(id, at, body));
    }
  });

  test('of one tenant that hang hold up nobody else', async () => {
    receiver.answers.set('/hanging', () => undefined);
    await start({ timeoutMs: 600_000 });
    await webhook('a', '/hanging');
    await webhook('b', '/fine');
    await announce('a', 20);
    await receiver.until(() => receiver.idsAt('/hanging').size === 4);
    await announce('b', 10);
    await receiver.until(() => receiver.idsAt('/fine').size === 10);
    expect(receiver.idsAt('/hanging').size).toBe(4);
  });

  test('that are away for an hour get what happened meanwhile', async () => {
    await receiver.close();
    await start();
    const { id } = await webhook('a', '/fine');
    await announce('a', 5);
    const begin = now();
    for (let tries = 1; now() - begin < hour; tries++) await stepTo(tries, id);
    expect(receiver.received).toEqual([]);
    await receiver.listen();
    await receiver.until(() => receiver.idsAt('/fine').size === 5);
  });

  test('are given up after eight tries in a day, and get the event when they ask for it again', async () => {
    receiver.answers.set('/broken', () => 503);
    await start();
    const { id } = await webhook('a', '/broken');
    await announce('a', 1);
    for (let tries = 1; tries <= 7; tries++) await stepTo(tries, id);
    await receiver.until(async () => (await deliveries('a', id))[0]!.state === 'failed');
    const [failed] = await deliveries('a', id);
    expect(failed!.attempts).toHaveLength(8);
    expect(failed!.attempts[7]).toMatchObject({ status: 503, error: 'The receiver answered 503.' });
    expect(ahead).toBeGreaterThan(23.5 * hour);
    expect(ahead).toBeLessThan(24 * hour);
    receiver.answers.clear();
    await store.tenant('a').webhooks.redeliver(id, failed!.id);
    await webhookPending(jobQueue, 'a', failed!.id);
    await receiver.until(async () => (await deliveries('a', id))[0]!.state === 'delivered');
    expect(new Set(receiver.received.map((request) => request.id)).size).toBe(1);
  });

  test('whose name comes to lead to a private address get nothing, whatever it led to before', async () => {
    const answers = ['198.41.0.4', '127.0.0.1', '::ffff:127.0.0.1'];
    let asked = 0;
    const resolve: Resolve = async () => {
      const address = answers[asked++ % answers.length]!;
      return [{ address, family: address.includes(':') ? 6 : 4 }];
    };
    await start({ resolve, allowPrivate: false, timeoutMs: 300 });
    const { id } = await webhook('a', '/fine');
    await announce('a', 1);
    for (let tries = 1; tries <= 3; tries++) await stepTo(tries, id);
    const { attempts } = (await deliveries('a', id))[0]!;
    expect(attempts[1]!.error).toContain('127.0.0.1 of hooks.example is not one of the public network');
    expect(attempts[2]!.error).toContain('is not one of the public network');
    expect(asked).toBeGreaterThanOrEqual(attempts.length);
    expect(receiver.received).toEqual([]);
  });

  test('that were deleted get nothing more', async () => {
    receiver.answers.set('/broken', () => 500);
    await start();
    const { id } = await webhook('a', '/broken');
    await announce('a', 1);
    await stepTo(1, id);
    await store.tenant('a').webhooks.delete(id);
    await receiver.until(async () => (await jobQueue.depth())[webhookKind] === 0);
    expect([...(await store.objects.list('tenants/a/', { limit: 10 }))]).toEqual([]);
  });
});

describe('processes that send to webhooks', () => {
  const program = new URL('../dist/testing/webhook-process.js', import.meta.url);
  const children: ChildProcess[] = [];
  /** What came of the tries of all processes so far, as their log says it. */
  const told = { delivered: 0, retried: 0 };
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  /** A process that announces `events` changes of aliases, those again that one before it announced, and sends. */
  function fork(events: number): ChildProcess {
    const child = forkProgram(program, [storeUrl, String(events), String(ahead)], { execArgv: [] });
    child.on('message', (outcome) => told[outcome as keyof typeof told]++);
    children.push(child);
    return child;
  }

  async function kill(child: ChildProcess): Promise<void> {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  test('killed while 500 events are announced and sent to a receiver that fails, lose none', async () => {
    const events = 500;
    const accepted = new Set<string>();
    const places = new Map<string, number>();
    receiver.answers.set('/bad', async (nth, id) => {
      const place = places.get(id) ?? places.size;
      places.set(id, place);
      const isBad = nth === 1 && place < events / 2;
      if (isBad && place % 50 === 0) return undefined;
      if (isBad && place % 20 < 5) return 500;
      if (isBad && place % 20 < 8) return 302;
      await new Promise((resolve) => setTimeout(resolve, place % 4));
      accepted.add(id);
      return 200;
    });
    const { secret } = await webhook('a', '/bad', ['alias.changed']);
    for (const killedAfter of [60, 120]) {
      const child = fork(events);
      await receiver.until(() => accepted.size >= killedAfter);
      await kill(child);
    }
    await receiver.close();
    const away = fork(events);
    const refusedBefore = told.retried;
    await receiver.until(() => told.retried >= refusedBefore + 40);
    await kill(away);
    ahead = hour;
    await receiver.listen();
    const late = fork(events);
    // What was refused while nobody listened and is answered badly now rests for a minute: the next one finds it due.
    await receiver.until(() => receiver.idsAt('/bad').size === events);
    await kill(late);
    ahead = 2 * hour;
    fork(events);
    await receiver.until(() => accepted.size === events);
    expect(receiver.idsAt('/bad').size).toBe(events);
    expect(receiver.idsAt('/elsewhere').size).toBe(0);
    for (const { id, headers, body } of receiver.received) {
      const at = new Date(Number(headers['webhook-timestamp']) * 1000);
      expect(headers['webhook-signature']).toBe(new Webhook(secret).sign(id, at, body));
    }
    const aliases = receiver.received.map(({ body }) => JSON.parse(body).data.alias as string);
    expect(new Set(aliases).size).toBe(events);
  });
});

const why = (await findRedis()) === null ? 'there is no redis-server' : whyNoS3Server();
if (why) console.warn(`SKIPPED: webhooks over Redis and S3, because ${why}.`);

(why ? test.skip : test)('deliveries go over Redis and S3 as well, from any of several processes', async () => {
  const [redis, s3] = await Promise.all([startRedis(), startS3Server('bucket')]);
  Object.assign(process.env, s3Credentials, { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' });
  await jobQueue.close();
  store = openStore(`s3://bucket/webhooks?endpoint=${s3.endpoint}`, { now });
  const storeId = await store.identity();
  const open = () => openRedisJobQueue({ url: redis.url, storeId, kinds: [webhookKind], onError: () => undefined });
  jobQueue = await open();
  const other = await open();
  await start();
  await start({ jobQueue: other });
  receiver.answers.set('/failing', (nth) => (nth === 1 ? 500 : 200));
  const { id } = await webhook('a', '/failing');
  await announce('a', 6);
  await stepTo(1, id);
  await receiver.until(async () => (await deliveries('a', id)).every(({ state }) => state === 'delivered'));
  expect(receiver.idsAt('/failing').size).toBe(6);
  for (const webhooks of running.splice(0)) await webhooks.stop(1000);
  await other.close();
  await jobQueue.close();
  await Promise.all([redis.stop(), s3.stop()]);
});
