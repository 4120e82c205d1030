import { describe, expect, test } from '@jest/globals';
import { isFinal } from '@mediclip/contracts';
import fc from 'fast-check';
import { StaleAttempt } from '../errors.js';
import { newId } from '../records/ids.js';
import type { Attempt, StoredJob } from './job-record.js';
import { storedJobSchema } from './job-record.js';
import {
  cancelRequested,
  type Ending,
  endedBy,
  endedFromOutside,
  progressed,
  released,
  started,
} from './transitions.js';

const at = '2026-03-14T09:26:53.589Z';
const error = { type: '/problems/engine-crashed', title: 't', status: 503, detail: 'd' };

function queued(): StoredJob {
  return storedJobSchema.parse({
    schemaVersion: 1,
    job: {
      id: newId(),
      kind: 'scoring',
      request: { modelId: newId(), datasetId: newId() },
      state: 'queued',
      createdAt: at,
      attempt: 0,
    },
    fencingToken: 0,
    resultId: newId(),
    lastEventId: 1,
    events: [{ id: 1, at, type: 'state', state: 'queued' }],
    scratch: {},
  });
}

const endings: Ending[] = [
  { state: 'succeeded', result: { scored: 1, rejected: 0 } },
  { state: 'failed', error },
  { state: 'cancelled' },
];

/** What may happen to a job; attempts are named by how many began after them. */
const step = fc.oneof(
  fc.constant({ kind: 'start' as const }),
  fc.constant({ kind: 'cancel' as const }),
  fc.constant({ kind: 'giveUp' as const }),
  fc.record({ kind: fc.constantFrom('progress' as const, 'release' as const), age: fc.nat(2) }),
  fc.record({ kind: fc.constant('end' as const), age: fc.nat(2), ending: fc.constantFrom(...endings) }),
);

describe('whatever happens to a job', () => {
  test('only its latest attempt can write, its end is final, and its events are numbered without a gap', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        let job = queued();
        const attempts: Attempt[] = [];
        for (const action of steps) {
          const before = job;
          const attempt = 'age' in action ? attempts.at(-1 - action.age) : undefined;
          if ('age' in action && attempt === undefined) continue;
          try {
            if (action.kind === 'start' && !isFinal(job.job.state)) {
              job = started(job, at);
              attempts.push({ jobId: job.job.id, fencingToken: job.fencingToken });
            } else if (action.kind === 'cancel') job = cancelRequested(job, at);
            else if (action.kind === 'giveUp') job = endedFromOutside(job, at, { state: 'failed', error });
            else if (action.kind === 'progress') {
              job = progressed(job, at, attempt!, { phase: 'scoring', done: 1, total: 2 });
            } else if (action.kind === 'release') job = released(job, at, attempt!);
            else if (action.kind === 'end') job = endedBy(job, at, attempt!, action.ending);
          } catch (reason) {
            expect(reason).toBeInstanceOf(StaleAttempt);
            expect(before.job.state !== 'running' || attempt!.fencingToken < before.fencingToken).toBe(true);
          }
          storedJobSchema.parse(job);
          if ('age' in action && attempt!.fencingToken < before.fencingToken) expect(job).toEqual(before);
          if (isFinal(before.job.state)) expect(job).toEqual(before);
          expect(job.fencingToken).toBeGreaterThanOrEqual(before.fencingToken);
          expect(job.events.at(-1)!.id).toBe(job.lastEventId);
          const added = job.events.filter(({ id }) => id > before.lastEventId);
          expect(added.map(({ id }) => id)).toEqual(added.map((_, i) => before.lastEventId + 1 + i));
          expect(job.events.some(({ type }) => type === 'end')).toBe(isFinal(job.job.state));
          if (job.cancelRequestedAt && isFinal(job.job.state) && !isFinal(before.job.state)) {
            expect(['cancelled', 'failed']).toContain(job.job.state);
          }
        }
      }),
    );
  });

  test('a job that was asked to cancel ends as cancelled, even when its work was done', () => {
    const running = started(queued(), at);
    const attempt = { jobId: running.job.id, fencingToken: running.fencingToken };
    for (const ending of endings) {
      expect(endedBy(cancelRequested(running, at), at, attempt, ending).job).toMatchObject({ state: 'cancelled' });
      expect(endedBy(running, at, attempt, ending).job).toMatchObject(ending);
    }
  });
});
