import { forgetUpload, type UploadState } from '../state/uploads.js';
import { ProblemNote } from './problem.js';
import { count } from './words.js';

/** How an upload stands: one bar in three colours, and what was refused. */
export function UploadCard({ upload }: { upload: UploadState }) {
  const { id, state, total, stored, skipped, refused, bytes, sentBytes } = upload;
  return (
    <section class="card" aria-label="Upload">
      {state === 'sending' ? (
        <label>
          Sending {total > 0 ? count(total, 'picture') : 'the archive'}
          <progress value={sentBytes} max={Math.max(bytes, 1)} />
        </label>
      ) : (
        <p class="row spread">
          <strong>{state === 'done' ? 'Sent.' : state === 'cancelled' ? 'Cancelled.' : 'Stopped.'}</strong>
          <button type="button" onClick={() => forgetUpload(id)}>
            Close
          </button>
        </p>
      )}
      <svg class="outcome" viewBox={`0 0 ${Math.max(total, 1)} 1`} preserveAspectRatio="none" aria-hidden="true">
        <rect class="stored" width={stored} height="1" />
        <rect class="skipped" x={stored} width={skipped} height="1" />
        <rect class="refused" x={stored + skipped} width={refused.length} height="1" />
      </svg>
      <p>
        {stored} stored, {skipped} skipped, {refused.length} refused
      </p>
      {refused.length > 0 && (
        <details>
          <summary>Why {count(refused.length, 'file was', 'files were')} refused</summary>
          <ul>
            {refused.map(({ name, reason }) => (
              <li key={name}>
                <strong>{name}</strong>: {reason}
              </li>
            ))}
          </ul>
        </details>
      )}
      <ProblemNote error={upload.error} />
    </section>
  );
}
