import { isConnected, isFinal, jobs } from '../state/jobs.js';
import { cancelUpload, uploads } from '../state/uploads.js';
import { JobLine } from './job-line.js';
import { count } from './words.js';

/** Whatever is under way, at the foot of every screen. */
export function StatusLine() {
  const running = [...jobs.value.values()].filter((job) => !isFinal(job));
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
      {running.map((job) => (
        <JobLine key={job.id} job={job} />
      ))}
    </aside>
  );
}
