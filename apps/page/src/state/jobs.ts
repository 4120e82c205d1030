import type { Job } from '@mediclip/contracts';
import { signal } from '@preact/signals';
import { get } from '../api/http.js';
import { jobTitle } from '../parts/words.js';
import { announce } from './announce.js';
import { followFeed } from './job-feed.js';

/** Every job that the page has heard of, by id. */
export const jobs = signal<ReadonlyMap<string, Job>>(new Map());

/** When the page last heard of a job, by id, in milliseconds of the epoch. */
export const heardAt = new Map<string, number>();

/** Whether the server is heard at the moment. */
export const isConnected = signal(true);

let following: AbortController | undefined;

export const isFinal = ({ state }: Pick<Job, 'state'>): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'cancelled';

export function learn(job: Job): void {
  heardAt.set(job.id, Date.now());
  jobs.value = new Map(jobs.value).set(job.id, job);
}

/** Reads a job that no event has told of yet. */
export async function readJob(id: string): Promise<Job> {
  const job = await get<Job>(`/v1/jobs/${id}`);
  learn(job);
  return job;
}

/**
 * Follows all jobs that `owner` may see. `onLost` is called when the stream was refused or broke, which may be the end
 * of the session.
 */
export function followJobs(owner: string, onLost: () => void): void {
  if (following !== undefined) return;
  following = new AbortController();
  followFeed(owner, { onJob: hear, onHeard, onLost, known: unfinished }, following.signal);
  readUnfinished();
}

/** Follows the jobs no longer, and keeps what is known of them. */
export function stopFollowingJobs(): void {
  following?.abort();
  following = undefined;
}

const unfinished = (): Job[] => [...jobs.value.values()].filter((job) => !isFinal(job));

/** What may have ended while nobody was heard is read again. */
function readUnfinished(): void {
  for (const { id } of unfinished()) void readJob(id).catch(() => undefined);
}

function hear(job: Job): void {
  const before = jobs.value.get(job.id);
  learn(job);
  if (before?.state !== job.state) announce(`${jobTitle(job)}: ${job.state}.`);
  else if (job.progress && job.progress.total > 0) {
    announce(`${jobTitle(job)}: ${Math.round((100 * job.progress.done) / job.progress.total)} percent.`);
  }
}

function onHeard(isHeard: boolean): void {
  const isBack = isHeard && !isConnected.value;
  isConnected.value = isHeard;
  if (isBack) readUnfinished();
}

/** At the end of a session: what belongs to its key is shown no more. */
export function forgetJobs(): void {
  stopFollowingJobs();
  isConnected.value = true;
  jobs.value = new Map();
  heardAt.clear();
}
