import type { HandlersOf } from '../http/handlers.js';
import { type Submission, submitJob, tooFewImages } from './submit-job.js';

export function auditHandlers(submission: Submission): HandlersOf<'createAudit' | 'getAudit'> {
  return {
    async createAudit(call) {
      const { id: datasetId } = call.params;
      const { train, test } = await call.store.images.counts(datasetId);
      const available = train.normal + train.abnormal + test.normal + test.abnormal;
      if (available === 0) throw tooFewImages(1, available, 'images');
      return submitJob(call, { kind: 'audit', request: { datasetId } }, submission);
    },

    getAudit: async ({ params, store }) => ({ json: await store.audits.get(params.id) }),
  };
}
