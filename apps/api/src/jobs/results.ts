import { type Job, ProblemError, type ScoringResult, type Verdict } from '@mediclip/contracts';
import { RecordNotFound, selectRows, type TenantStore } from '@mediclip/store';
import type { Imaging } from '../dependencies.js';
import type { HandlersOf } from '../http/handlers.js';
import { jsonPage } from '../http/json-page.js';
import { negotiate } from '../http/negotiate.js';
import type { ServerMemory } from '../memory.js';
import { jobGroups, pageOfGroups } from './job-groups.js';
import { resultMap } from './result-map.js';
import { groupsCsv, resultsCsv } from './results-csv.js';

/** What scorings leave: results by image and by group, maps, and what people say of them. */
export function resultHandlers({
  imaging,
  memory,
}: {
  readonly imaging: Imaging;
  readonly memory: ServerMemory;
}): HandlersOf<'listJobResults' | 'listJobGroups' | 'judgeResult' | 'getJobResultMap'> {
  return {
    async listJobResults({ params, query, store, request }) {
      const job = await scoringWithResults(store, params.id);
      const { limit, cursor, ...asked } = query;
      const mediaType = negotiate(request.headers.accept, ['application/json', 'text/csv']);
      if (mediaType === 'application/json') {
        const { items, nextCursor } = await store.results.list(params.id, { limit, cursor }, asked);
        return { json: jsonPage({ items: items.map((item) => withFlag(item, job)), nextCursor }) };
      }
      const rows = selectRows(await store.results.rows(params.id), asked) ?? [];
      return {
        mediaType: 'text/csv; charset=utf-8',
        bytes: resultsCsv(rows, await store.results.verdicts(params.id), (row) => isFlagged(row.pValue, job)),
        headers: { 'content-disposition': `attachment; filename="results-${params.id}.csv"` },
      };
    },

    async listJobGroups({ params, query, store, request }) {
      const job = await scoringWithResults(store, params.id);
      const mediaType = negotiate(request.headers.accept, ['application/json', 'text/csv']);
      const { groups, highest, promise } = await jobGroups(store, job, query.highest);
      if (mediaType === 'application/json') return { json: { ...pageOfGroups(groups, query), highest, promise } };
      return {
        mediaType: 'text/csv; charset=utf-8',
        bytes: groupsCsv(groups),
        headers: { 'content-disposition': `attachment; filename="groups-${params.id}.csv"` },
      };
    },

    async judgeResult({ params, body, store, request }) {
      const job = await scoringWithResults(store, params.id);
      const verdict = {
        ...body,
        at: new Date().toISOString(),
        ...(request.keyId !== undefined && { keyId: request.keyId }),
      };
      await noteOnModel(store, job, { ...(await store.results.get(params.id, params.imageId)), verdict });
      try {
        return { json: withFlag(await store.results.judge(params.id, params.imageId, verdict), job) };
      } catch (error) {
        if (error instanceof RecordNotFound) await forgetOnModel(store, job, params.imageId);
        throw error;
      }
    },

    async getJobResultMap({ params, store, request, signal }) {
      const { request: asked } = await scoringWithResults(store, params.id);
      const mediaType = negotiate(request.headers.accept, ['image/png', 'application/x-npy']);
      const place = { ...params, datasetId: asked.datasetId, modelId: asked.modelId };
      const bytes = await resultMap({ store, imaging, memory, signal }, { ...place, mediaType });
      return { mediaType, bytes };
    },
  };
}

/** A scoring that has succeeded. Throws `job-without-results` and `job-not-finished`. */
export async function scoringWithResults(store: TenantStore, id: string): Promise<Extract<Job, { kind: 'scoring' }>> {
  const { job } = await store.jobs.get(id);
  if (job.kind !== 'scoring') throw new ProblemError('job-without-results');
  if (job.state !== 'succeeded') throw new ProblemError('job-not-finished', `The job is ${job.state}.`);
  return job;
}

type Scoring = Extract<Job, { kind: 'scoring' }>;

/** Lets the model remember what was said of its result; a model that is gone needs not. */
async function noteOnModel(
  { judgedImages }: TenantStore,
  { id: jobId, request: { modelId, datasetId } }: Scoring,
  result: ScoringResult & { readonly verdict: Verdict },
): Promise<void> {
  const { imageId } = result;
  const { verdict, at } = result.verdict;
  const { decision, pixelDigest } = result.outcome === 'scored' ? result : {};
  try {
    await judgedImages.note(modelId, {
      imageId,
      datasetId,
      jobId,
      ...(decision && { decision }),
      ...(pixelDigest && { pixelDigest }),
      verdict,
      at,
    });
  } catch (error) {
    if (!(error instanceof RecordNotFound)) throw error;
  }
}

/** Takes it back, for a result that was deleted meanwhile. */
async function forgetOnModel({ judgedImages }: TenantStore, { id, request }: Scoring, imageId: string): Promise<void> {
  await judgedImages.forget(request.modelId, (judged) => judged.jobId === id && judged.imageId === imageId);
}

/** Whether an image of this p-value is flagged; undefined where the scoring flags none. */
function isFlagged(pValue: number | undefined, { result }: Scoring): boolean | undefined {
  if (result?.flagged === undefined) return undefined;
  return pValue !== undefined && pValue <= (result.flagged.largestPValue ?? -1);
}

function withFlag(result: ScoringResult, job: Scoring): ScoringResult {
  const flagged = isFlagged(result.outcome === 'scored' ? result.pValue : undefined, job);
  return flagged === undefined ? result : { ...result, flagged };
}
