import type { Job } from '@mediclip/contracts';
import { send } from '../api/http.js';
import { Action } from '../parts/action.js';
import { count } from '../parts/words.js';
import { learn } from '../state/jobs.js';
import { go } from '../state/router.js';
import type { Scored } from './scored.js';

interface RefitProps {
  readonly modelId: string;
  readonly datasetId: string;
  readonly results: readonly Scored[];
}

/** What a person has called normal, and a detector that knows it too. */
export function Refit({ modelId, datasetId, results }: RefitProps) {
  const imageIds = results.flatMap(({ imageId, verdict }) => (verdict?.verdict === 'normal' ? [imageId] : []));
  if (imageIds.length === 0) return null;
  const refit = async () => {
    const job = await send<Job>('POST', `/v1/models/${modelId}/revisions`, { datasetId, imageIds });
    learn(job);
    go(`/app/jobs/${job.id}`);
  };
  return (
    <section class="card">
      <h2>Teach it</h2>
      <p>
        You have called {count(imageIds.length, 'picture')} normal. A new detector can know{' '}
        {imageIds.length === 1 ? 'it' : 'them'} too; this one stays as it is. What you call abnormal is counted, and
        never learned from.
      </p>
      <Action main do={refit}>
        Add {count(imageIds.length, 'picture')} and refit
      </Action>
    </section>
  );
}
