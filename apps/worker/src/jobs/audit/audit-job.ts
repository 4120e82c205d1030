import type { Image } from '@mediclip/contracts';
import type { WorkerDependencies } from '../../dependencies.js';
import { fixedImages } from '../fixed-images.js';
import type { JobRunner } from '../job-context.js';
import { withAuditThread } from './audit-thread.js';
import { giveTraits } from './give-traits.js';

/** Looks for what makes figures on a data set mislead, and leaves what it finds as an audit. */
export function auditJob(dependencies: Pick<WorkerDependencies, 'imagingPool'>): JobRunner<'audit'> {
  return async (context) => {
    const { job, tenant, attempt, signal } = context;
    const { images, datasetDigest } = await fixedImages(context, (all: readonly Image[]) => ({ images: all }));
    return withAuditThread(async (thread) => {
      const audited = await giveTraits(dependencies, context, images, thread);
      context.report({ phase: 'comparing', done: audited, total: images.length });
      const findings = await thread.run('findings', undefined, { signal });
      const { id } = await tenant.audits.create(attempt, {
        datasetId: job.request.datasetId,
        datasetDigest,
        images: { audited, rejected: images.length - audited },
        ...findings,
      });
      return { auditId: id };
    });
  };
}
