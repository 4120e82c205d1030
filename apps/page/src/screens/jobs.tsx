import type { Dataset, Job } from '@mediclip/contracts';
import { all } from '../api/http.js';
import { datasetOf, JobLine } from '../parts/job-line.js';
import { Show, useLoaded } from '../parts/loaded.js';
import { jobs } from '../state/jobs.js';

const latest = 100;
const mostDatasets = 200;

/** Everything that was asked for, newest first. */
export function JobsScreen() {
  const loaded = useLoaded(
    async () => ({
      items: await all<Job>('/v1/jobs', latest),
      datasets: await all<Dataset>('/v1/datasets', mostDatasets),
    }),
    [jobs.value.size],
  );
  return (
    <>
      <h1>Jobs</h1>
      <Show of={loaded}>
        {({ items, datasets }) => (
          <>
            {items.length === 0 && <p class="quiet">None yet. What you ask for stands here until it is deleted.</p>}
            <ul class="plain">
              {items.map((job) => (
                <li key={job.id}>
                  <JobLine job={jobs.value.get(job.id) ?? job} of={datasetOf(job, datasets)} hasTime />
                </li>
              ))}
            </ul>
          </>
        )}
      </Show>
    </>
  );
}
