import type { ObjectThreads } from '@mediclip/dicom-objects';
import type { WorkerDependencies } from '../dependencies.js';
import type { ModelCache } from '../models/model-cache.js';
import { adaptationJob } from './adaptation/adaptation-job.js';
import { auditJob } from './audit/audit-job.js';
import { calibrationJob } from './calibration/calibration-job.js';
import { importJob } from './dicomweb/import-job.js';
import { pushJob } from './dicomweb/push-job.js';
import { evaluationJob } from './evaluation/evaluation-job.js';
import type { JobRunners } from './job-context.js';
import { revisionJob } from './revision/revision-job.js';
import { scoringJob } from './scoring/scoring-job.js';

/** How to do every kind of job. */
export function jobRunners(dependencies: WorkerDependencies, models: ModelCache, objects: ObjectThreads): JobRunners {
  const work = { ...dependencies, models };
  const { dicomweb } = dependencies.settings;
  return {
    adaptation: adaptationJob(dependencies),
    scoring: scoringJob(work),
    evaluation: evaluationJob(work),
    audit: auditJob(work),
    calibration: calibrationJob(work),
    revision: revisionJob(work),
    'dicomweb-import': importJob({ ...dependencies, dicomweb }),
    'dicomweb-push': pushJob({ ...dependencies, dicomweb, objects }),
  };
}
