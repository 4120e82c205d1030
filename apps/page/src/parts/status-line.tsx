import { isConnected, isFinal, jobs } from '../state/jobs.js';
import { path } from '../state/router.js';
import { cancelUpload, uploads } from '../state/uploads.js';
import { JobLine } from './job-line.js';
import { count } from './words.js';

/** More would hide the screen on a phone. */
const shownJobs = 2;

/** Whatever is under way, at the foot of every screen. */
export function StatusLine() {
  // The screen of a job shows it already.
  const running = [...jobs.value.values()].filter((job) => !isFinal(job) && path.value !== `/app/jobs/${job.id}`);
  const sending = uploads.value.filter(({ state }) => state === 'sending');
  if (running.length + sending.length === 0 && isConnected.value) return null;
  return (
    <aside class="status-line" aria-label="Under way">
      {!isConnected.value && <p>The server is not heard at the moment. Trying again …</p>}
      {sending.map(({ id, datasetId, total, bytes, sentBytes }) => (
        <div class="job-line" key={id}>
          <a href={`/app/datasets/${datasetId}`}>Sending {total > 0 ? count(total, 'picture') : 'an archive'}</a>
          <progress aria-label="Sending" value={sentBytes} max={Math.max(bytes, 1)} />
          <button type="button" onClick={() => cancelUpload(id)}>
            Cancel
          </button>
        </div>
      ))}
      {running.slice(0, shownJobs).map((job) => (
        <JobLine key={job.id} job={job} />
      ))}
      {running.length > shownJobs && <a href="/app/jobs">{count(running.length - shownJobs, 'more job')} under way</a>}
    </aside>
  );
}
