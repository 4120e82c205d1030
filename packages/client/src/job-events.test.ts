import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Job, JobEvent, JobOf } from '@mediclip/contracts';
import { ProblemError } from '@mediclip/contracts';
import { MediclipClient } from './client.js';
import { JobNotSucceeded } from './job-not-succeeded.js';
import { breakAfter, type Handler, sendProblem, startTestServer, type TestServer } from './testing/test-server.js';

const id = '0193f3a2-7c1e-7d3a-9b5f-2f1c8a6e4d10';
const at = '2026-03-14T09:26:53.589Z';
const queued: JobOf<'scoring'> = {
  id,
  kind: 'scoring',
  state: 'queued',
  createdAt: at,
  attempt: 0,
  request: { modelId: id, datasetId: id },
};
const succeeded: Job = { ...queued, state: 'succeeded', result: { scored: 3, rejected: 1 }, finishedAt: at };

const progress = (number: number): JobEvent => ({
  id: number,
  at,
  type: 'progress',
  progress: { phase: 'scoring', done: number, total: 4 },
});
const end = (number: number, job: Job): JobEvent => ({ id: number, at, type: 'end', job });
const text = (...events: JobEvent[]) =>
  events.map((event) => `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
const stream = (...events: JobEvent[]): Handler => {
  return (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text(...events));
};
const broken = (...events: JobEvent[]) => breakAfter(`${text(...events)}id: 99\ndata: {"half`, 'text/event-stream');

let server: TestServer;
let client: MediclipClient;
const waits: number[] = [];

beforeEach(async () => {
  waits.length = 0;
  server = await startTestServer();
  client = new MediclipClient({ baseUrl: server.url, retryBudgetMs: 2000, wait: async (ms) => void waits.push(ms) });
});

afterEach(() => server.close());

test('events come once each, across connections that break, end or are refused', async () => {
  server.answer(
    broken(progress(1), progress(2)),
    stream(progress(3)),
    sendProblem('draining', { 'retry-after': '1' }),
    stream(progress(4), end(5, succeeded)),
  );
  const seen: number[] = [];
  for await (const event of client.jobEvents(id)) seen.push(event.id);
  expect(seen).toEqual([1, 2, 3, 4, 5]);
  expect(server.requests.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '2', '3', '3']);
  expect(server.requests[0]!.headers.accept).toBe('text/event-stream');
  expect(waits).toEqual([500, 500, 1000]);
});

test('events begin after the one that was seen last', async () => {
  server.answer(stream(end(8, succeeded)));
  for await (const event of client.jobEvents(id, { lastEventId: 7 })) expect(event.id).toBe(8);
  expect(server.requests[0]!.headers['last-event-id']).toBe('7');
});

test('a stream that only ever breaks is given up', async () => {
  server.answer(broken(), broken(), broken());
  await expect(client.waitForJob(id)).rejects.toThrow('The stream of events broke.');
  expect(waits).toEqual([500, 1000]);
});

test('waiting reports progress and returns the result', async () => {
  server.answer(stream(progress(1), progress(2), end(3, succeeded)));
  const done: number[] = [];
  expect(await client.waitForResult(queued, { onProgress: (now) => done.push(now.done) })).toEqual({
    scored: 3,
    rejected: 1,
  });
  expect(done).toEqual([1, 2]);
});

test('waiting for a job that fails throws its problem', async () => {
  const error = new ProblemError('training-diverged', 'The loss is NaN at step 7.').toProblem();
  server.answer(stream(end(1, { ...queued, state: 'failed', error })));
  const failure = await client.waitForResult(queued).catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(JobNotSucceeded);
  expect(failure).toMatchObject({ message: 'The loss is NaN at step 7.', job: { state: 'failed' } });
});

test('a job that has ended is not waited for', async () => {
  await expect(client.waitForResult({ ...queued, state: 'cancelled' })).rejects.toThrow(
    `The scoring ${id} was cancelled.`,
  );
  expect(server.requests).toEqual([]);
});

test('waiting ends with the reason of the signal', async () => {
  const abort = new AbortController();
  server.answer((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(text(progress(1)));
  });
  const waiting = client.waitForJob(id, { signal: abort.signal, onProgress: () => abort.abort(new Error('enough')) });
  await expect(waiting).rejects.toThrow('enough');
  expect(server.requests).toHaveLength(1);
});
