import type { Job } from '@mediclip/contracts';
import { all } from '../api/http.js';
import { JobLine } from '../parts/job-line.js';
import { Show, useLoaded } from '../parts/loaded.js';
import { when } from '../parts/words.js';
import { jobs } from '../state/jobs.js';

const latest = 100;

/** Everything that was asked for, newest first. */
export function JobsScreen() {
  const loaded = useLoaded(() => all<Job>('/v1/jobs', latest), [jobs.value.size]);
  return (
    <>
      <h1>Jobs</h1>
      <Show of={loaded}>
        {(items) => (
          <>
            {items.length === 0 && <p class="quiet">None yet.</p>}
            <ul class="plain">
              {items.map((job) => (
                <li key={job.id}>
                  <JobLine job={jobs.value.get(job.id) ?? job} />
                  <span class="quiet">{when(job.createdAt)}</span>
                </li>
              ))}
            </ul>
          </>
        )}
      </Show>
    </>
  );
}
