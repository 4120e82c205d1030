import path from 'node:path';
import { type InspectedNormals, inspectNormals } from '@mediclip/adaptation';
import { withNormals } from '@mediclip/audit';
import type { AuditedImage, Image } from '@mediclip/contracts';
import type { WorkerDependencies } from '../../dependencies.js';
import { fixedImages } from '../fixed-images.js';
import type { JobContext, JobRunner } from '../job-context.js';
import { withWorkFolder } from '../work-folders.js';
import { withAuditThread } from './audit-thread.js';
import { giveTraits } from './give-traits.js';
import { lookAtNormal } from './look-at-normal.js';

type Dependencies = Pick<WorkerDependencies, 'engine' | 'imagingPool' | 'settings'>;
type Context = JobContext<'audit'>;

/**
 * Looks for what makes figures on a data set mislead and for normal images that do not belong, and leaves what it finds
 * as an audit.
 */
export function auditJob(dependencies: Dependencies): JobRunner<'audit'> {
  return async (context) => {
    const { job, tenant, attempt, signal } = context;
    const { images, datasetDigest } = await fixedImages(context, (all: readonly Image[]) => ({ images: all }));
    return withAuditThread(async (thread) => {
      const audited = await giveTraits(dependencies, context, images, thread);
      context.report({ phase: 'comparing', done: audited.length, total: images.length });
      const findings = await thread.run('findings', undefined, { signal });
      const normals = audited.filter(({ split, label }) => split === 'train' && label === 'normal');
      const inspected = await inspection(dependencies, context, normals);
      const { id } = await tenant.audits.create(attempt, {
        datasetId: job.request.datasetId,
        datasetDigest,
        images: { audited: audited.length, rejected: images.length - audited.length },
        ...withNormals(findings, inspected, normals.length),
      });
      return { auditId: id };
    });
  };
}

function inspection(
  dependencies: Dependencies,
  context: Context,
  normals: readonly Image[],
): Promise<InspectedNormals<AuditedImage>> {
  const { attempt, tenant, signal } = context;
  const { engine, settings } = dependencies;
  return withWorkFolder(settings.workFolder, { ...attempt, tenant: tenant.tenant }, async (folder) => {
    const look = lookAtNormal(dependencies, context);
    const outFolder = path.join(folder, 'inspection');
    const { looked, ...found } = await inspectNormals(normals, { engine, look, outFolder, signal });
    return { looked: looked.map((image) => ({ ...image, imageId: image.id })), ...found };
  });
}
