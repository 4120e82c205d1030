import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type JobEvent, jobEventSchema, resolveAdaptationOptions } from '@mediclip/contracts';
import { closeSharedPool, TestService, unknownId } from '../testing/test-service.js';
import { FollowedJobs } from './followed-jobs.js';
import { jobEventHandlers } from './job-events.js';

const limits = { ofTenant: 10, ofProcess: 10 };
let service: TestService;
let jobId: string;
beforeAll(async () => {
  service = await TestService.start();
  ({ jobId } = await service.model());
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

/** Every event of a stream, checked against the contract. */
function eventsOf(text: string): JobEvent[] {
  return text
    .split('\n\n')
    .filter((block) => block.startsWith('event:'))
    .map((block) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)![1]!;
      const event = jobEventSchema.parse(JSON.parse(field('data')));
      expect([field('event'), field('id')]).toEqual([event.type, String(event.id)]);
      return event;
    });
}

describe('the events of a job', () => {
  test('tell its life from the beginning to the end', async () => {
    const { headers, text } = await service.get(`/v1/jobs/${jobId}/events`);
    expect(headers.get('content-type')).toBe('text/event-stream');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(eventsOf(text)).toMatchObject([
      { id: 1, type: 'state', state: 'queued' },
      { id: 2, type: 'state', state: 'running' },
      { id: 3, type: 'progress', progress: { phase: 'working', done: 1, total: 2 } },
      { id: 4, type: 'state', state: 'succeeded' },
      { id: 5, type: 'end', job: { id: jobId, state: 'succeeded' } },
    ]);
  });

  test('go on after the last one that was seen, and always end', async () => {
    const after = async (id: string) =>
      eventsOf((await service.get(`/v1/jobs/${jobId}/events`, { headers: { 'last-event-id': id } })).text).map(
        (e) => e.id,
      );
    expect(await after('3')).toEqual([4, 5]);
    expect(await after('5')).toEqual([5]);
    expect(await after('999')).toEqual([5]);
    const wrong = await service.get(`/v1/jobs/${jobId}/events`, { headers: { 'last-event-id': 'x' } });
    expect(wrong.json.errors).toMatchObject([{ in: 'header', pointer: '/last-event-id' }]);
  });

  test('arrive while the job runs', async () => {
    const dataset = await service.dataset(1);
    let release: () => void = () => undefined;
    service.worker!.hold = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { json } = await service.post('/v1/adaptations', { json: { datasetId: dataset.id, shots: 1 } });
    const response = await fetch(`${service.url}/v1/jobs/${json.id}/events`);
    let text = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += new TextDecoder().decode(chunk);
      if (text.includes('event: progress')) release();
    }
    expect(eventsOf(text).at(-1)).toMatchObject({ type: 'end' });
    service.worker!.hold = undefined;
  });

  test('keep a silent connection alive, and end when the server closes', async () => {
    const dataset = await service.dataset(1);
    let release: () => void = () => undefined;
    service.worker!.hold = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { json } = await service.post('/v1/adaptations', { json: { datasetId: dataset.id, shots: 1 } });
    const closing = new AbortController();
    const followed = new FollowedJobs({ jobQueue: service.jobQueue, limits });
    const { getJobEvents } = jobEventHandlers({ followed, closing: closing.signal, keepAliveMs: 1 });
    const { signal } = new AbortController();
    const request = { whenKeyIsWithdrawn: () => () => undefined };
    const call = { params: { id: json.id }, headers: {}, store: service.tenant, signal, request };
    const answer = (await getJobEvents(call as never)) as { bytes: AsyncIterable<string> };
    let text = '';
    for await (const chunk of answer.bytes) {
      text += chunk;
      if (text.includes(': keep-alive')) closing.abort();
    }
    expect(text).toContain(': keep-alive');
    expect(text).not.toContain('event: end');
    release();
    service.worker!.hold = undefined;
    await service.ended(json.id);
  });

  test('of a job that is not there are not found', async () => {
    expect((await service.get(`/v1/jobs/${unknownId()}/events`)).problem).toBe('not-found');
  });

  test('have one source for all who follow a job, which reads its record when it was announced and never else', async () => {
    const { job } = await service.tenant.jobs.create({
      kind: 'adaptation',
      request: { datasetId: (await service.dataset(1)).id, options: resolveAdaptationOptions({}) },
    });
    let reads = 0;
    const { jobs } = service.tenant;
    const counted = {
      tenant: 'default',
      jobs: Object.assign(Object.create(jobs), {
        events: (id: string) => {
          reads++;
          return jobs.events(id);
        },
      }),
    };
    const followed = new FollowedJobs({ jobQueue: service.jobQueue, limits: { ofTenant: 100, ofProcess: 100 } });
    const stopped = new AbortController();
    const streams = Array.from({ length: 100 }, async () => {
      const seen: JobEvent[] = [];
      const stream = followed.follow(counted, job.id, async function* (source) {
        for (let last = 0; ; ) {
          const fresh = source.events.filter(({ id }) => id > last);
          for (const event of fresh) {
            yield event;
            last = event.id;
            if (event.type === 'end') return;
          }
          if (fresh.length === 0) await source.isSilentFor(60_000, stopped.signal);
        }
      });
      for await (const event of stream) seen.push(event);
      return seen;
    });
    const { attempt } = await service.tenant.attempts.start(job.id);
    await service.tenant.attempts.end(attempt, { state: 'cancelled' });
    for (const seen of await Promise.all(streams)) {
      expect(seen.map(({ type }) => type)).toEqual(['state', 'state', 'state', 'end']);
    }
    // The first reading, and at most two for each of two changes.
    expect(reads).toBeLessThanOrEqual(5);
    stopped.abort();
  });

  test('are read now and then, where no announcement came', async () => {
    const dataset = await service.dataset(1);
    const { job } = await service.tenant.jobs.create({
      kind: 'adaptation',
      request: { datasetId: dataset.id, options: resolveAdaptationOptions({}) },
    });
    const deaf = { watch: () => () => undefined };
    const followed = new FollowedJobs({ jobQueue: deaf, limits, pollEveryMs: 5 });
    const stream = followed.follow(service.tenant, job.id, async function* (source) {
      yield 'begun';
      while (source.events.at(-1)?.type !== 'end') {
        await source.isSilentFor(60_000, new AbortController().signal);
      }
      yield 'ended';
    });
    await stream.next();
    await service.tenant.jobs.requestCancel(job.id);
    const types: string[] = [];
    for await (const type of stream) types.push(type);
    expect(types).toEqual(['ended']);
  });
});

describe('streams of events', () => {
  test('are limited for a tenant and for the process', async () => {
    const full = new FollowedJobs({ jobQueue: service.jobQueue, limits: { ofTenant: 1, ofProcess: 2 } });
    const refused = (limit: number) =>
      expect.objectContaining({ slug: 'too-many-streams', extras: { limit, retryAfterSeconds: 10 } });
    const leave = full.takePlace('a');
    expect(() => full.takePlace('a')).toThrow(refused(1));
    full.takePlace('b');
    expect(() => full.takePlace('c')).toThrow(refused(2));
    leave();
    full.takePlace('c');
  });

  test('beyond the limit are refused however many are asked for at once, and leave their places when their clients go', async () => {
    const small = await TestService.start({ settings: { eventStreams: { ofTenant: 3, ofProcess: 5 } } });
    const open = async () => {
      const answer = await fetch(`${small.url}/v1/jobs/events`);
      return { status: answer.status, end: () => answer.body!.cancel() };
    };
    const opened = await Promise.all(Array.from({ length: 12 }, open));
    expect(opened.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(opened.filter(({ status }) => status === 429)).toHaveLength(9);
    await Promise.all(opened.map(({ end }) => end()));
    for (let status = 429; status !== 200; ) {
      const again = await open();
      ({ status } = again);
      await again.end();
    }
    await small.stop();
  });

  test('beyond the limit are answered with 429', async () => {
    const small = await TestService.start({ settings: { eventStreams: { ofTenant: 0, ofProcess: 5 } } });
    const { id: datasetId } = await small.tenant.datasets.create({ name: 'a' });
    const request = { datasetId, options: resolveAdaptationOptions({}) };
    const { job } = await small.tenant.jobs.create({ kind: 'adaptation', request });
    const { problem, headers } = await small.get(`/v1/jobs/${job.id}/events`);
    expect(problem).toBe('too-many-streams');
    expect(headers.get('retry-after')).toBe('10');
    await small.stop();
  });
});
