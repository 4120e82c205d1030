import type { ObjectThreads } from '@mediclip/dicom-objects';
import { vaultOf } from '@mediclip/dicomweb';
import { hashedNames, keptNames } from '@mediclip/intake';
import type { ApiKeys } from './auth/api-keys.js';
import type { BackboneThreads } from './backbone-threads/backbone-threads.js';
import { backboneHandlers } from './backbones/backbones.js';
import { datasetHandlers } from './datasets/datasets.js';
import { imageHandlers } from './datasets/images.js';
import type { ServerDependencies } from './dependencies.js';
import { dicomwebHandlers } from './dicomweb/dicomweb.js';
import { studyHandlers } from './dicomweb/studies.js';
import type { Handlers } from './http/handlers.js';
import { problemHandlers } from './http/problems.js';
import { inferenceHandlers } from './inference/inference.js';
import { adaptationHandlers } from './jobs/adaptations.js';
import { allJobEventHandlers } from './jobs/all-job-events.js';
import { auditHandlers } from './jobs/audits.js';
import { evaluationHandlers } from './jobs/evaluations.js';
import { FollowedJobs } from './jobs/followed-jobs.js';
import { jobEventHandlers } from './jobs/job-events.js';
import { jobHandlers } from './jobs/jobs.js';
import { resultHandlers } from './jobs/results.js';
import { scoringHandlers } from './jobs/scorings.js';
import type { ServerMemory } from './memory.js';
import { aliasHandlers } from './models/aliases.js';
import { calibrationHandlers } from './models/calibrations.js';
import { exportHandlers } from './models/exports/exports.js';
import { importHandlers } from './models/exports/imports.js';
import { modelHandlers } from './models/models.js';
import { revisionHandlers } from './models/revisions.js';
import { shadowHandlers } from './models/shadows.js';
import { thresholdHandlers } from './models/thresholds.js';
import { docsHandlers } from './operations/docs.js';
import { healthHandlers, type ServerHealth } from './operations/health.js';
import type { Lifecycle } from './operations/lifecycle.js';
import { metricsHandlers } from './operations/metrics.js';
import type { ServerMetrics } from './operations/server-metrics.js';
import { driftHandlers } from './scores/drift.js';
import type { DriftRecorder } from './scores/drift-recorder.js';
import { scoreHandlers } from './scores/scores.js';
import type { ShadowScorer } from './scores/shadow-scorer.js';
import type { Sessions } from './sessions/session-cookie.js';
import { sessionHandlers } from './sessions/sessions.js';
import { archiveHandlers } from './uploads/archive/uploads.js';
import type { TenantUsage } from './usage/tenant-usage.js';
import { usageHandlers } from './usage/usage.js';
import { webhookHandlers } from './webhooks/webhooks.js';

/** What handlers and plugins share in one server. */
export interface ServerParts {
  readonly dependencies: ServerDependencies;
  readonly metrics: ServerMetrics;
  readonly memory: ServerMemory;
  readonly lifecycle: Lifecycle;
  readonly health: ServerHealth;
  readonly keys: ApiKeys | undefined;
  readonly sessions: Sessions;
  readonly usage: TenantUsage;
  readonly shadow: ShadowScorer;
  readonly drift: DriftRecorder;
  readonly backboneThreads: BackboneThreads;
  readonly objects: ObjectThreads;
  readonly storeId: string;
}

/** The handlers of every operation, resource by resource. */
export function serverHandlers({
  dependencies,
  metrics,
  memory,
  lifecycle,
  health,
  keys,
  sessions,
  usage,
  shadow,
  drift,
  backboneThreads,
  objects,
  storeId,
}: ServerParts): Handlers {
  const { settings, jobQueue, imaging } = dependencies;
  const names = settings.fileNames === 'hash' ? hashedNames(storeId) : keptNames;
  const images = {
    ...{ settings, names, imaging, memory, usage, vault: vaultOf(settings.dicomweb) },
    patientKey: storeId,
  };
  const submission = {
    jobQueue,
    usage,
    queueDepth: settings.queueDepth,
    tenantJobs: settings.tenants.jobs,
    modelsFolder: settings.modelsDir,
  };
  const followed = new FollowedJobs({ jobQueue, limits: settings.eventStreams });
  // Where there is an operations port, what it tells is told nowhere else.
  const hasOperations = settings.operationsPort === undefined;
  return {
    ...usageHandlers(usage, settings.tenants),
    ...datasetHandlers(usage),
    ...imageHandlers(images),
    ...archiveHandlers(images),
    ...dicomwebHandlers({ ...images, ...submission }),
    ...studyHandlers({ ...images, ...submission, dicomweb: settings.dicomweb, objects }),
    ...backboneHandlers(settings.modelsDir),
    ...adaptationHandlers({ ...submission, backboneThreads }),
    ...modelHandlers(memory, settings.dicomweb),
    ...aliasHandlers(settings.dicomweb),
    ...exportHandlers({ settings, backboneThreads, memory }),
    ...importHandlers({ settings, backboneThreads, memory, usage }),
    ...thresholdHandlers,
    ...scoreHandlers({ ...dependencies, names, memory, metrics, drift, shadow }),
    ...driftHandlers(drift),
    ...inferenceHandlers({ ...dependencies, names, metrics, drift, shadow, memory }),
    ...shadowHandlers(shadow),
    ...scoringHandlers({ ...submission, dicomweb: settings.dicomweb }),
    ...auditHandlers(submission),
    ...evaluationHandlers(submission),
    ...calibrationHandlers(submission),
    ...revisionHandlers(submission),
    ...jobHandlers(jobQueue),
    ...resultHandlers({ imaging, memory }),
    ...jobEventHandlers({ followed, closing: lifecycle.closing }),
    ...allJobEventHandlers({ followed, closing: lifecycle.closing }),
    ...webhookHandlers(jobQueue),
    ...sessionHandlers({ keys, sessions }),
    ...healthHandlers(health, lifecycle, { details: hasOperations }),
    ...metricsHandlers(dependencies.metrics, { shown: hasOperations }),
    ...docsHandlers,
    ...problemHandlers,
  };
}
