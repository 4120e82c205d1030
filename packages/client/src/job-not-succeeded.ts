import type { Job } from '@mediclip/contracts';

/** A job that was waited for failed or was cancelled. `message` is its problem's detail. */
export class JobNotSucceeded extends Error {
  override readonly name = 'JobNotSucceeded';
  readonly job: Job;

  constructor(job: Job) {
    super(job.error?.detail ?? `The ${job.kind} ${job.id} was ${job.state}.`);
    this.job = job;
  }
}
