import { type Job, ProblemError } from '@mediclip/contracts';
import type { JobQueue } from '@mediclip/queue';
import type { TenantStore } from '@mediclip/store';
import type { Imaging } from '../dependencies.js';
import type { HandlersOf } from '../http/handlers.js';
import { jsonPage } from '../http/json-page.js';
import { negotiate } from '../http/negotiate.js';
import { resultMap } from './result-map.js';

export function jobHandlers({
  jobQueue,
  imaging,
}: {
  readonly jobQueue: JobQueue;
  readonly imaging: Imaging;
}): HandlersOf<'listJobs' | 'getJob' | 'cancelJob' | 'listJobResults' | 'getJobResultMap'> {
  return {
    listJobs: async ({ query: { state, kind, ...page }, store }) => ({
      json: jsonPage(await store.jobs.list(page, { state, kind })),
    }),

    getJob: async ({ params, store }) => ({ json: (await store.jobs.get(params.id)).job }),

    async cancelJob({ params, store }) {
      const { job } = await store.jobs.requestCancel(params.id);
      if (job.state === 'succeeded' || job.state === 'failed') throw new ProblemError('job-already-ended');
      await jobQueue.cancel({ tenant: store.tenant, jobId: job.id, kind: job.kind });
      return { json: job, location: `/v1/jobs/${job.id}` };
    },

    async listJobResults({ params, query, store }) {
      await scoringWithResults(store, params.id);
      return { json: jsonPage(await store.results.list(params.id, query)) };
    },

    async getJobResultMap({ params, store, request, signal }) {
      const { request: asked } = await scoringWithResults(store, params.id);
      const mediaType = negotiate(request.headers.accept, ['image/png', 'application/x-npy']);
      const bytes = await resultMap({ store, imaging, signal }, { ...params, datasetId: asked.datasetId, mediaType });
      return { mediaType, bytes };
    },
  };
}

/** A scoring that has succeeded. Throws `job-without-results` and `job-not-finished`. */
async function scoringWithResults(store: TenantStore, id: string): Promise<Extract<Job, { kind: 'scoring' }>> {
  const { job } = await store.jobs.get(id);
  if (job.kind !== 'scoring') throw new ProblemError('job-without-results');
  if (job.state !== 'succeeded') throw new ProblemError('job-not-finished', `The job is ${job.state}.`);
  return job;
}
