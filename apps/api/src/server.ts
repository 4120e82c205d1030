import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import { openObjectThreads } from '@mediclip/dicom-objects';
import { vaultOf } from '@mediclip/dicomweb';
import { hashedNames, keptNames } from '@mediclip/intake';
import { newId } from '@mediclip/store';
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { ApiKeys } from './auth/api-keys.js';
import { auth } from './auth/auth.js';
import { openBackboneThreads } from './backbone-threads/backbone-threads.js';
import { backboneHandlers } from './backbones/backbones.js';
import { datasetHandlers } from './datasets/datasets.js';
import { imageHandlers } from './datasets/images.js';
import type { ReadinessProbe, ServerDependencies } from './dependencies.js';
import { dicomwebHandlers } from './dicomweb/dicomweb.js';
import { studyHandlers } from './dicomweb/studies.js';
import { connectionLimit, descriptorLimit, mostConnections } from './http/connection-limit.js';
import type { Handlers } from './http/handlers.js';
import { loadShedding } from './http/load-shedding.js';
import { logRequests } from './http/log-requests.js';
import { bodyParsers } from './http/media-types.js';
import { notFound } from './http/not-found.js';
import { privateAnswers } from './http/private-answers.js';
import { problemHandlers } from './http/problems.js';
import { rateLimit } from './http/rate-limit.js';
import { registerRoutes } from './http/register-routes.js';
import { sendProblem } from './http/send-problem.js';
import { answerBrokenRequest, headersTimeoutMs, timeoutCheckMs } from './http/timeouts.js';
import { inferenceHandlers } from './inference/inference.js';
import { adaptationHandlers } from './jobs/adaptations.js';
import { allJobEventHandlers } from './jobs/all-job-events.js';
import { auditHandlers } from './jobs/audits.js';
import { evaluationHandlers } from './jobs/evaluations.js';
import { FollowedJobs } from './jobs/followed-jobs.js';
import { jobEventHandlers } from './jobs/job-events.js';
import { jobHandlers } from './jobs/jobs.js';
import { scoringHandlers } from './jobs/scorings.js';
import { serverMemory } from './memory.js';
import { aliasHandlers } from './models/aliases.js';
import { calibrationHandlers } from './models/calibrations.js';
import { exportHandlers } from './models/exports/exports.js';
import { importHandlers } from './models/exports/imports.js';
import { modelHandlers } from './models/models.js';
import { revisionHandlers } from './models/revisions.js';
import { shadowHandlers } from './models/shadows.js';
import { thresholdHandlers } from './models/thresholds.js';
import { closeIdleSockets } from './operations/close-idle-sockets.js';
import { docsAssets, docsHandlers } from './operations/docs.js';
import { healthHandlers, type ServerHealth, serverHealth } from './operations/health.js';
import { Lifecycle } from './operations/lifecycle.js';
import { measureRequests, metricsHandlers } from './operations/metrics.js';
import { refuseWhileClosing } from './operations/refuse-while-closing.js';
import { serverMetrics } from './operations/server-metrics.js';
import { page } from './page/page.js';
import { driftHandlers } from './scores/drift.js';
import { DriftRecorder } from './scores/drift-recorder.js';
import { scoreHandlers } from './scores/scores.js';
import { ShadowScorer } from './scores/shadow-scorer.js';
import { Sessions } from './sessions/session-cookie.js';
import { sessionHandlers } from './sessions/sessions.js';
import { archiveHandlers } from './uploads/archive/uploads.js';
import { closeTemporaryFolders, sweepTemporaryFolders } from './uploads/temporary-folder.js';
import { TenantUsage } from './usage/tenant-usage.js';
import { usageHandlers } from './usage/usage.js';
import { webhookHandlers } from './webhooks/webhooks.js';

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Reports the server as not ready; it still answers. `close` then ends it: new requests are refused, those under
     * way answered.
     */
    drain(): void;
    /** For the operations port: what the health routes tell of every part, also where they tell none. */
    readonly health: ServerHealth;
  }
}

const longestPathPart = 500;

/** How long a browser may remember what another origin may do. */
const preflightSeconds = 600;
const safeRequestId = /^[\w.-]{1,64}$/;

/**
 * The HTTP server over its dependencies, ready to listen; it closes none of them. Rejects when the API keys file cannot
 * be used.
 *
 * @example
 * const server = await buildServer({ settings, store, jobQueue, scoreChannel, imaging, logger, metrics: new Registry()
 * }); await server.listen({ host: settings.host, port: settings.port });
 * server.drain();
 * await server.close();
 */
export async function buildServer(dependencies: ServerDependencies): Promise<FastifyInstance> {
  const { settings, store, jobQueue, logger } = dependencies;
  const metrics = serverMetrics(dependencies.metrics, jobQueue);
  const memory = serverMemory(settings.memory, settings.scores.timeoutMs);
  const lifecycle = new Lifecycle();
  const shadow = new ShadowScorer(dependencies.scoreChannel, logger);
  const drift = new DriftRecorder(logger, metrics.driftMartingale);
  const backboneThreads = openBackboneThreads(settings.modelsDir);
  const objects = openObjectThreads();
  const keys = settings.apiKeysFile
    ? await ApiKeys.open(settings.apiKeysFile, { onError: (err) => logger.error({ err }, err.message) })
    : undefined;
  const sessions = new Sessions({ keys, objects: store.objects });
  await sweepTemporaryFolders(settings.dataDir);

  const app: FastifyInstance = fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: ({ headers: { 'x-request-id': given } }) =>
      typeof given === 'string' && safeRequestId.test(given) ? given : newId(),
    exposeHeadRoutes: true,
    return503OnClosing: false,
    connectionTimeout: settings.connectionTimeoutMs,
    requestTimeout: settings.requestTimeoutMs,
    http: {
      headersTimeout: Math.min(headersTimeoutMs, settings.requestTimeoutMs),
      connectionsCheckingInterval: Math.min(timeoutCheckMs, settings.requestTimeoutMs),
    },
    routerOptions: { maxParamLength: longestPathPart },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply as never, metrics),
  });
  app.decorate('drain', () => lifecycle.drain());
  app.decorateRequest('bodyDigest', undefined);
  app.decorateRequest('idleLimits', undefined);
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, metrics));
  app.setNotFoundHandler(notFound);
  app.addHook('preClose', async () => lifecycle.close());
  app.addHook('onClose', () => Promise.all([backboneThreads.close(), objects.close()]).then(() => undefined));
  app.addHook('onClose', () => drift.flush());
  app.addHook('onClose', () => shadow.close());
  app.addHook('onClose', () => closeTemporaryFolders(settings.dataDir));

  await app.register(logRequests);
  await app.register(privateAnswers);
  await app.register(measureRequests, { metrics });
  await app.register(helmet, { hsts: false, contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } });
  if (settings.allowedOrigins.length > 0) {
    await app.register(cors, {
      origin: [...settings.allowedOrigins],
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: ['allow', 'etag', 'location', 'retry-after', 'x-request-id'],
      strictPreflight: false,
      maxAge: preflightSeconds,
    });
  }
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) await notFound(request, reply);
  });
  await app.register(refuseWhileClosing, { lifecycle });
  await app.register(closeIdleSockets);
  await app.register(connectionLimit, { metrics: dependencies.metrics, most: mostConnections(descriptorLimit()) });
  await app.register(loadShedding, settings);
  await app.register(auth, { keys, sessions });
  await app.register(rateLimit, settings);
  await app.register(bodyParsers, memory);
  await app.register(docsAssets);
  if (settings.page) await app.register(page);

  const usage = new TenantUsage(settings.tenants);
  const storeId = await store.identity();
  const names = settings.fileNames === 'hash' ? hashedNames(storeId) : keptNames;
  const images = {
    ...{ settings, names, imaging: dependencies.imaging, memory, usage, vault: vaultOf(settings.dicomweb) },
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
  const probes: ReadinessProbe[] = [
    { name: 'store', check: () => store.check() },
    { name: 'queue', check: () => jobQueue.ping() },
    ...(dependencies.readinessProbes ?? []),
  ];
  const health = serverHealth({ health: dependencies.healthProbes ?? [], readiness: probes }, lifecycle);
  app.decorate('health', health);
  // Where there is an operations port, what it tells is told nowhere else.
  const hasOperations = settings.operationsPort === undefined;
  const handlers: Handlers = {
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
    ...jobHandlers({ ...dependencies, memory }),
    ...jobEventHandlers({ followed, closing: lifecycle.closing }),
    ...allJobEventHandlers({ followed, closing: lifecycle.closing }),
    ...webhookHandlers(jobQueue),
    ...sessionHandlers({ keys, sessions }),
    ...healthHandlers(health, lifecycle, { details: hasOperations }),
    ...metricsHandlers(dependencies.metrics, { shown: hasOperations }),
    ...docsHandlers,
    ...problemHandlers,
  };
  const { uploads, archives } = settings;
  const limits = { jsonBytes: uploads.jsonBytes, formBytes: uploads.formBytes, archiveBytes: archives.packedBytes };
  registerRoutes(app, handlers, { store, limits, longestWorkMs: settings.requestTimeoutMs });
  return app;
}
