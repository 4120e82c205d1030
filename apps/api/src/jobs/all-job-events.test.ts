import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Job } from '@mediclip/contracts';
import { closeSharedPool, TestService } from '../testing/test-service.js';

interface Told {
  readonly id: string;
  readonly job: Job;
}

let service: TestService;
beforeAll(async () => {
  service = await TestService.start();
});
afterAll(async () => {
  await service.stop();
  await closeSharedPool();
});

/** What the stream tells until `isEnough`. */
async function follow(isEnough: (told: readonly Told[]) => boolean, lastEventId?: string): Promise<Told[]> {
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const answer = await fetch(`${service.url}/v1/jobs/events`, { headers });
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The stream ended after ${text}`);
    text += value;
    const told = [...text.matchAll(/event: job\nid: (\d+)\ndata: (.*)\n\n/g)].map(([, id, data]) => ({
      id: id!,
      job: JSON.parse(data!) as Job,
    }));
    if (!isEnough(told)) continue;
    await reader.cancel();
    return told;
  }
}

describe('the events of all jobs', () => {
  test('tell of a job until it has ended, however quickly that is, and of what ended during an interruption', async () => {
    const begun = Date.now();
    const { id: datasetId } = await service.dataset();
    let jobId = '';
    let isAsked = false;
    const told = await follow((events) => {
      if (!isAsked) {
        isAsked = true;
        void service.post('/v1/adaptations', { json: { datasetId, shots: 2 } }).then(({ json }) => {
          jobId = json.id;
        });
      }
      return events.some(({ job }) => job.state === 'succeeded');
    });
    expect(told.at(-1)!.job.id).toBe(jobId);
    expect(told.filter(({ job }) => job.state === 'succeeded')).toHaveLength(1);
    const missed = await follow((events) => events.length > 0, String(begun));
    expect(missed.map(({ job }) => [job.id, job.state])).toEqual([[jobId, 'succeeded']]);
    expect(Number(missed[0]!.id)).toBeGreaterThanOrEqual(begun);
  });
});
