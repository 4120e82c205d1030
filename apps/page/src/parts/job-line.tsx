import type { Dataset, Job } from '@mediclip/contracts';
import { send } from '../api/http.js';
import { isFinal, learn } from '../state/jobs.js';
import { Action } from './action.js';
import { duration, jobTitle, stateWords, when } from './words.js';

/** Phases as a reader understands them. */
const phases: Readonly<Record<string, string>> = {
  loading: 'reading the pictures',
  preparing: 'looking at the normal pictures',
  training: 'learning what is normal',
  finishing: 'remembering what normal looks like',
  scoring: 'looking at each picture',
  comparing: 'comparing with the other detector',
  reporting: 'writing the report',
};

export function phaseWords({ state, progress }: Job): string {
  if (state !== 'running' || progress === undefined) return stateWords[state];
  return phases[progress.phase] ?? progress.phase;
}

export async function cancel(id: string): Promise<void> {
  learn(await send<Job>('POST', `/v1/jobs/${id}/cancel`));
}

/** The name of the data set that a job reads, where it is known. */
export function datasetOf(job: Job, datasets: readonly Dataset[]): string | undefined {
  const { request } = job;
  return 'datasetId' in request ? datasets.find(({ id }) => id === request.datasetId)?.name : undefined;
}

interface JobLineProps {
  readonly job: Job;
  /** What it reads. */
  readonly of?: string | undefined;
  readonly hasTime?: boolean;
}

/** A job in one line: what it does, how far it is, and a way to stop it. */
export function JobLine({ job, of, hasTime = false }: JobLineProps) {
  const { progress } = job;
  return (
    <div class="job-line">
      <a href={`/app/jobs/${job.id}`}>{jobTitle(job)}</a> {of && <span class="name">{of}</span>}
      <span class="quiet state" data-state={job.state}>
        {phaseWords(job)}
      </span>
      {hasTime && <span class="quiet time">{when(job.createdAt)}</span>}
      {!isFinal(job) && (
        <>
          <progress
            aria-label={jobTitle(job)}
            {...(progress && { value: progress.done, max: Math.max(progress.total, 1) })}
          />
          {progress?.etaSeconds !== undefined && <span class="quiet">{duration(progress.etaSeconds)} left</span>}
          <Action do={() => cancel(job.id)}>Cancel</Action>
        </>
      )}
    </div>
  );
}
