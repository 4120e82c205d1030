import { ProblemError } from '@mediclip/contracts';
import type { JobQueue } from '@mediclip/queue';
import type { HandlersOf } from '../http/handlers.js';
import { jsonPage } from '../http/json-page.js';

/** Jobs of every kind, as records: what they leave has handlers of its own. */
export function jobHandlers(jobQueue: JobQueue): HandlersOf<'listJobs' | 'getJob' | 'cancelJob' | 'deleteJob'> {
  return {
    listJobs: async ({ query: { limit, cursor, ...filter }, store }) => ({
      json: jsonPage(await store.jobs.list({ limit, cursor }, filter)),
    }),

    getJob: async ({ params, store }) => ({ json: (await store.jobs.get(params.id)).job }),

    async cancelJob({ params, store }) {
      const { job } = await store.jobs.requestCancel(params.id);
      if (job.state === 'succeeded' || job.state === 'failed') throw new ProblemError('job-already-ended');
      await jobQueue.cancel({ tenant: store.tenant, jobId: job.id, kind: job.kind });
      return { json: job, location: `/v1/jobs/${job.id}` };
    },

    async deleteJob({ params, store }) {
      await store.jobs.delete(params.id);
      return undefined;
    },
  };
}
