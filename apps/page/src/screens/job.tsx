import type { LossPoint } from '@mediclip/charts';
import type { Job, JobEvent } from '@mediclip/contracts';
import { useEffect, useState } from 'preact/hooks';
import { whileVisible } from '../browser/one-tab.js';
import { LossChart } from '../charts/loss-chart.js';
import { Action } from '../parts/action.js';
import { AuditFindings } from '../parts/audit.js';
import { cancel, phaseWords } from '../parts/job-line.js';
import { Show, useLoaded } from '../parts/loaded.js';
import { count, duration, jobTitle, stateWords, when } from '../parts/words.js';
import { heardAt, isFinal, jobs, readJob } from '../state/jobs.js';
import { waitingWords } from '../state/waiting.js';

/** One job from its beginning to its end. Everything is read from the server, so a reload loses nothing. */
export function JobScreen({ id }: { id: string }) {
  const loaded = useLoaded(() => readJob(id), [id]);
  return (
    <Show of={loaded}>
      {(read) => {
        const job = jobs.value.get(id) ?? read;
        return (
          <>
            <h1>{jobTitle(job)}</h1>
            <State job={job} />
            {job.kind === 'adaptation' && <Loss job={job} />}
            <Ended job={job} />
            <dl class="facts">
              <dt>Asked for</dt>
              <dd>{when(job.createdAt)}</dd>
              {job.finishedAt && (
                <>
                  <dt>Ended</dt>
                  <dd>{when(job.finishedAt)}</dd>
                </>
              )}
              {job.attempt > 1 && (
                <>
                  <dt>Attempts</dt>
                  <dd>{job.attempt}: the work was interrupted and went on</dd>
                </>
              )}
            </dl>
          </>
        );
      }}
    </Show>
  );
}

const lookAgainMs = 5000;

function State({ job }: { job: Job }) {
  const { progress } = job;
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), lookAgainMs);
    return () => clearInterval(timer);
  }, []);
  const others = [...jobs.value.values()].filter(({ id }) => id !== job.id);
  const waiting = waitingWords(job, { heardAt: heardAt.get(job.id), others, now });
  if (isFinal(job)) {
    return (
      <p class="lead state" data-state={job.state}>
        {stateWords[job.state]}
        {job.state === 'succeeded' && tookWords(job)}
      </p>
    );
  }
  return (
    <section class="card">
      <p class="lead state">{phaseWords(job)}</p>
      <progress
        class="large"
        aria-label={jobTitle(job)}
        {...(progress && { value: progress.done, max: Math.max(progress.total, 1) })}
      />
      <p class="quiet">
        {progress && `${progress.done} of ${progress.total} steps. `}
        {progress?.etaSeconds !== undefined && `About ${duration(progress.etaSeconds)} left. `}
        You may close this page: the work goes on.
      </p>
      {waiting && (
        <p class="problem" role="alert">
          {waiting}
        </p>
      )}
      <Action do={() => cancel(job.id)}>Cancel</Action>
    </section>
  );
}

/** The loss as far as it is known, while this tab is looked at; what was missed is told again by the server. */
function Loss({ job }: { job: Job }) {
  const [points, setPoints] = useState<readonly LossPoint[]>([]);
  const isRunning = !isFinal(job);
  useEffect(() => {
    setPoints([]);
    if (!isRunning) return;
    const left = new AbortController();
    whileVisible((stopped) => followLoss(job.id, setPoints, stopped), left.signal);
    return () => left.abort();
  }, [job.id, isRunning]);
  if (!isRunning) return null;
  return (
    <section>
      <h2>How well it learns</h2>
      <LossChart points={points} unit="step" />
    </section>
  );
}

/** How long the work took, for people: ` in 3 min`. */
function tookWords({ startedAt, finishedAt }: Job): string {
  if (startedAt === undefined || finishedAt === undefined) return '';
  return ` in ${duration((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000)}`;
}

type Change = (change: (before: readonly LossPoint[]) => readonly LossPoint[]) => void;

/** Reads the events of a job from its first until `stopped` aborts; a place that is told again is not drawn twice. */
async function followLoss(jobId: string, setPoints: Change, stopped: AbortSignal): Promise<void> {
  const stream = new EventSource(`/v1/jobs/${jobId}/events`);
  stream.addEventListener('progress', ({ data }: MessageEvent<string>) => {
    const event = JSON.parse(data) as Extract<JobEvent, { type: 'progress' }>;
    const { done, loss } = event.progress;
    if (loss === undefined) return;
    setPoints((before) => [...before.filter(({ x }) => x < done), { x: done, loss }]);
  });
  stream.addEventListener('end', () => stream.close());
  stopped.addEventListener('abort', () => stream.close());
}

/** What came of it, and where to go from there. */
function Ended({ job }: { job: Job }) {
  if (job.state === 'failed' && job.error) return <Failed error={job.error} />;
  if (job.state !== 'succeeded') return null;
  switch (job.kind) {
    case 'adaptation':
      return job.result === undefined ? null : (
        <a class="button main" href={`/app/models/${job.result.modelId}`}>
          See the detector
        </a>
      );
    case 'scoring':
      return (
        <a class="button main" href={`/app/results/${job.id}`}>
          See what it found
        </a>
      );
    case 'evaluation':
      return job.result === undefined ? null : (
        <p class="row">
          <a
            class="button main"
            href={`/v1/evaluations/${job.result.evaluationId}/report`}
            target="_blank"
            rel="noopener"
          >
            Read the report
          </a>
          <a href={`/app/models/${job.request.modelId}`}>See the detector</a>
        </p>
      );
    case 'revision':
      return <Revised job={job} />;
    case 'audit':
      return (
        <>
          {job.result && <AuditFindings id={job.result.auditId} />}
          <p>
            <a class="button" href={`/app/datasets/${job.request.datasetId}`}>
              See the data set
            </a>
          </p>
        </>
      );
    case 'calibration':
      return (
        <a class="button main" href={`/app/models/${job.request.modelId}`}>
          See the detector
        </a>
      );
    case 'dicomweb-import':
      return (
        <p>
          {job.result?.stored} of {job.result?.found} pictures are in the data set.
        </p>
      );
    case 'dicomweb-push':
      return (
        <a class="button main" href={`/app/results/${job.request.scoringId}`}>
          See what it found
        </a>
      );
  }
}

function Failed({ error: { title, detail, type } }: { error: NonNullable<Job['error']> }) {
  return (
    <p class="problem" role="alert">
      <strong>{title}.</strong> {detail}{' '}
      <a href={type} target="_blank" rel="noopener">
        What to do
      </a>
    </p>
  );
}

function Revised({ job: { result } }: { job: Extract<Job, { kind: 'revision' }> }) {
  if (result === undefined) return null;
  return (
    <>
      <p>
        {count(result.added, 'normal picture')} added;{' '}
        {result.calibrated ? 'its threshold was calibrated again.' : 'it is not calibrated.'}
      </p>
      {result.notes?.map((note) => (
        <p key={note} class="quiet">
          {note}
        </p>
      ))}
      <a class="button main" href={`/app/models/${result.modelId}`}>
        See the new detector
      </a>
    </>
  );
}
