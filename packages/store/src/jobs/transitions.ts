import { isFinal, type Job, type JobProgress, type Problem } from '@mediclip/contracts';
import { type Attempt, assertCurrent, type StoredEvent, type StoredJob } from './job-record.js';

/** How a job ends. */
export type Ending<Result = object> =
  | { readonly state: 'succeeded'; readonly result: Result }
  | { readonly state: 'failed'; readonly error: Problem }
  | { readonly state: 'cancelled' };

type EventBody = StoredEvent extends infer E ? (E extends unknown ? Omit<E, 'id' | 'at'> : never) : never;

const keptEvents = 40;

/**
 * The record with changed job fields and one more event for each of `events`. Fields set to `undefined` are removed.
 */
function changed(stored: StoredJob, at: string, fields: Partial<Job>, ...events: EventBody[]): StoredJob {
  const added = events.map((event, i) => ({ ...event, id: stored.lastEventId + 1 + i, at }) as StoredEvent);
  return {
    ...stored,
    job: { ...stored.job, ...fields } as Job,
    lastEventId: stored.lastEventId + added.length,
    events: [...stored.events, ...added].slice(-keptEvents),
  };
}

/** A new attempt begins; every earlier one loses its right to write. */
export function started(stored: StoredJob, at: string): StoredJob {
  const { job, fencingToken } = stored;
  const fields: Partial<Job> = { state: 'running', attempt: job.attempt + 1, startedAt: job.startedAt ?? at };
  return { ...changed(stored, at, fields, { type: 'state', state: 'running' }), fencingToken: fencingToken + 1 };
}

export function progressed(stored: StoredJob, at: string, attempt: Attempt, progress: JobProgress): StoredJob {
  assertCurrent(stored, attempt);
  return changed(stored, at, { progress }, { type: 'progress', progress });
}

/** The attempt gives the job back to the queue; what it left in the scratch stays. */
export function released(stored: StoredJob, at: string, attempt: Attempt): StoredJob {
  assertCurrent(stored, attempt);
  return changed(stored, at, { state: 'queued' }, { type: 'state', state: 'queued' });
}

/**
 * The attempt ends the job. A job that someone asked to cancel ends as cancelled, whatever its attempt came to. The
 * same attempt may say so twice: the second time nothing changes.
 */
export function endedBy(stored: StoredJob, at: string, attempt: Attempt, ending: Ending): StoredJob {
  if (isFinal(stored.job.state) && stored.fencingToken === attempt.fencingToken) return stored;
  assertCurrent(stored, attempt);
  return ended(stored, at, stored.cancelRequestedAt === undefined ? ending : { state: 'cancelled' });
}

/**
 * The job ends, whoever works on it; its attempt, if there is one, loses its right to write. A job that has ended stays
 * as it is.
 */
export function endedFromOutside(stored: StoredJob, at: string, ending: Ending): StoredJob {
  if (isFinal(stored.job.state)) return stored;
  return { ...ended(stored, at, ending), fencingToken: stored.fencingToken + 1 };
}

/** A waiting job is cancelled at once; a running one is marked, so that its attempt (or the next one) cancels it. */
export function cancelRequested(stored: StoredJob, at: string): StoredJob {
  if (isFinal(stored.job.state) || stored.cancelRequestedAt !== undefined) return stored;
  const marked = { ...stored, cancelRequestedAt: at };
  return stored.job.state === 'queued' ? endedFromOutside(marked, at, { state: 'cancelled' }) : marked;
}

function ended(stored: StoredJob, at: string, ending: Ending): StoredJob {
  const fields = { ...ending, finishedAt: at } as Partial<Job>;
  const { scratch, ...rest } = changed(stored, at, fields, { type: 'state', state: ending.state }, { type: 'end' });
  return { ...rest, scratch: {} };
}
