import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type JobEvent, jobEventSchema } from '@mediclip/contracts';
import { closeSharedPool, TestService, unknownId } from '../testing/test-service.js';
import { jobEventHandlers } from './job-events.js';

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
    const { getJobEvents } = jobEventHandlers({ closing: closing.signal, pollEveryMs: 1, keepAliveMs: 1 });
    const { signal } = new AbortController();
    const call = { params: { id: json.id }, headers: {}, store: service.tenant, signal };
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
});
