import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import { openObjectThreads } from '@mediclip/dicom-objects';
import { newId } from '@mediclip/store';
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { ApiKeys } from './auth/api-keys.js';
import { auth } from './auth/auth.js';
import { openBackboneThreads } from './backbone-threads/backbone-threads.js';
import type { ReadinessProbe, ServerDependencies } from './dependencies.js';
import { CompactRequest } from './http/compact-request.js';
import { connectionLimit, descriptorLimit, mostConnections } from './http/connection-limit.js';
import { loadShedding } from './http/load-shedding.js';
import { logRequests } from './http/log-requests.js';
import { bodyParsers } from './http/media-types.js';
import { notFound } from './http/not-found.js';
import { privateAnswers } from './http/private-answers.js';
import { rateLimit } from './http/rate-limit.js';
import { registerRoutes } from './http/register-routes.js';
import { sendProblem } from './http/send-problem.js';
import { answerBrokenRequest, headersTimeoutMs, timeoutCheckMs } from './http/timeouts.js';
import { serverMemory } from './memory.js';
import { closeIdleSockets } from './operations/close-idle-sockets.js';
import { docsAssets } from './operations/docs.js';
import { type ServerHealth, serverHealth } from './operations/health.js';
import { Lifecycle } from './operations/lifecycle.js';
import { measureRequests } from './operations/metrics.js';
import { refuseWhileClosing } from './operations/refuse-while-closing.js';
import { type ServerMetrics, serverMetrics } from './operations/server-metrics.js';
import { page } from './page/page.js';
import { DriftRecorder } from './scores/drift-recorder.js';
import { ShadowScorer } from './scores/shadow-scorer.js';
import { type ServerParts, serverHandlers } from './server-handlers.js';
import { Sessions } from './sessions/session-cookie.js';
import { closeTemporaryFolders, sweepTemporaryFolders } from './uploads/temporary-folder.js';
import { TenantUsage } from './usage/tenant-usage.js';

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

/** In place of compilers of schemas, a hundred modules: contracts read bodies here, so that no route has a schema. */
const noSchemas = (): never => {
  throw new Error('A route has a schema, which nothing compiles: read its body by a contract.');
};

/**
 * The HTTP server over its dependencies, ready to listen; it closes none of them. Rejects when the API keys file cannot
 * be used.
 *
 * @example
 * const server = await buildServer({ settings, store, jobQueue, scoreChannel, imaging, logger, metrics });
 * await server.listen({ host, port });
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

  const app = createApp(dependencies, metrics);
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

  const shared = { dependencies, metrics, memory, lifecycle, keys, sessions };
  await addPlugins(app, shared);

  const probes: ReadinessProbe[] = [
    { name: 'store', check: () => store.check() },
    { name: 'queue', check: () => jobQueue.ping() },
    ...(dependencies.readinessProbes ?? []),
  ];
  const health = serverHealth({ health: dependencies.healthProbes ?? [], readiness: probes }, lifecycle);
  app.decorate('health', health);
  const handlers = serverHandlers({
    ...shared,
    ...{ health, shadow, drift, backboneThreads, objects },
    usage: new TenantUsage(settings.tenants),
    storeId: await store.identity(),
  });
  const { uploads, archives } = settings;
  const limits = { jsonBytes: uploads.jsonBytes, formBytes: uploads.formBytes, archiveBytes: archives.packedBytes };
  registerRoutes(app, handlers, { store, limits, longestWorkMs: settings.requestTimeoutMs });
  return app;
}

/** An application with its limits and its own answers to errors, which offers nothing yet. */
function createApp({ settings, logger }: ServerDependencies, metrics: ServerMetrics): FastifyInstance {
  return fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: ({ headers: { 'x-request-id': given } }) =>
      typeof given === 'string' && safeRequestId.test(given) ? given : newId(),
    exposeHeadRoutes: true,
    return503OnClosing: false,
    connectionTimeout: settings.connectionTimeoutMs,
    requestTimeout: settings.requestTimeoutMs,
    http: {
      IncomingMessage: CompactRequest,
      headersTimeout: Math.min(headersTimeoutMs, settings.requestTimeoutMs),
      connectionsCheckingInterval: Math.min(timeoutCheckMs, settings.requestTimeoutMs),
    },
    routerOptions: { maxParamLength: longestPathPart },
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply as never, metrics),
  });
}

/** What happens with every request before its handler is called, and with every answer, in this order. */
async function addPlugins(
  app: FastifyInstance,
  {
    dependencies: { settings, metrics: registry },
    metrics,
    memory,
    lifecycle,
    keys,
    sessions,
  }: Pick<ServerParts, 'dependencies' | 'metrics' | 'memory' | 'lifecycle' | 'keys' | 'sessions'>,
): Promise<void> {
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
  await app.register(connectionLimit, { metrics: registry, most: mostConnections(descriptorLimit()) });
  await app.register(loadShedding, settings);
  await app.register(auth, { keys, sessions });
  await app.register(rateLimit, settings);
  await app.register(bodyParsers, memory);
  await app.register(docsAssets);
  if (settings.page) await app.register(page);
}
