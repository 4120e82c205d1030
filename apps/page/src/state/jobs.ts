import type { Job } from '@mediclip/contracts';
import { signal } from '@preact/signals';
import { get } from '../api/http.js';
import { jobTitle } from '../parts/words.js';
import { announce } from './announce.js';

/** Every job that the page has heard of, by id. */
export const jobs = signal<ReadonlyMap<string, Job>>(new Map());

/** When the page last heard of a job, by id, in milliseconds of the epoch. */
export const heardAt = new Map<string, number>();

/** Whether the server is heard at the moment. */
export const isConnected = signal(true);

const retryMs = 2000;
let stream: EventSource | undefined;
let retry: ReturnType<typeof setTimeout> | undefined;

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

/** Follows all jobs. `onLost` is called when the stream was refused or broke, which may be the end of the session. */
export function followJobs(onLost: () => void): void {
  if (stream !== undefined) return;
  clearTimeout(retry);
  const opened = new EventSource('/v1/jobs/events');
  stream = opened;
  opened.addEventListener('open', () => {
    const wasLost = !isConnected.value;
    isConnected.value = true;
    // What ended while nobody was heard is read again.
    if (wasLost) for (const job of jobs.value.values()) if (!isFinal(job)) void readJob(job.id).catch(() => undefined);
  });
  opened.addEventListener('job', ({ data }: MessageEvent<string>) => {
    const job = JSON.parse(data) as Job;
    const before = jobs.value.get(job.id);
    learn(job);
    if (before?.state !== job.state) announce(`${jobTitle(job)}: ${job.state}.`);
    else if (job.progress && job.progress.total > 0) {
      announce(`${jobTitle(job)}: ${Math.round((100 * job.progress.done) / job.progress.total)} percent.`);
    }
  });
  opened.addEventListener('error', () => {
    isConnected.value = false;
    onLost();
    if (opened.readyState !== EventSource.CLOSED) return;
    stopFollowing();
    retry = setTimeout(() => followJobs(onLost), retryMs);
  });
}

function stopFollowing(): void {
  clearTimeout(retry);
  stream?.close();
  stream = undefined;
}

/** At the end of a session: what belongs to its key is shown no more. */
export function forgetJobs(): void {
  stopFollowing();
  isConnected.value = true;
  jobs.value = new Map();
  heardAt.clear();
}
