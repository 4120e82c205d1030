import { once } from 'node:events';
import { ApiKeysError, buildServer, type ServerDependencies } from '@mediclip/api';
import type { ReadinessCheck } from '@mediclip/contracts';
import { QueueUnavailableError } from '@mediclip/queue';
import { StoreError } from '@mediclip/store';
import { collectAll } from '@mediclip/threads';
import { parseSettings, type Settings, SettingsError } from '../settings/settings.js';
import { UsageError } from '../usage-error.js';
import { lastResort } from './last-resort.js';
import { type Alterations, type Claim, claimFolders, closeParts, openParts, openWorker, type Parts } from './parts.js';
import { startStatusServer } from './status-server.js';
import { startTracing } from './tracing.js';

/** A running process of the service. `stop` drains it: not ready first, then nothing new, then closed. */
interface Running {
  readonly address: string;
  /** The address of its operations port, where that is another one. */
  readonly operations?: string;
  /** Resolves with the reason when the process can do its work no more, and should be started anew. */
  readonly failed?: Promise<Error>;
  stop(graceMs: number): Promise<void>;
}

/** For what follows the grace: the last spans, and connections to the store and the queue. */
const lastStepsMs = 5000;

export type Role = 'serve' | 'api' | 'worker';

/**
 * `mediclip serve`, `mediclip api` and `mediclip worker`: runs until `signal` aborts, then stops within the grace.
 * Throws a UsageError for settings that cannot be used, and after having stopped when the
 * engine was given up (whoever supervises the process then starts it anew); an UncaughtError after an exception that
 * nothing caught.
 */
export async function runService(role: Role, signal: AbortSignal, alterations: Alterations = {}): Promise<void> {
  const settings = readSettings(role);
  const stopTracing = await startTracing(role);
  const { claim, parts, running } = await begin(role, settings, alterations);
  const uncaught = lastResort(parts.logger, settings.shutdownGraceMs + lastStepsMs);
  const { address, operations } = running;
  parts.logger.info({ role, address, operations, store: settings.storeUrl }, 'ready');
  if (role !== 'worker' && settings.page) process.stderr.write(`Open ${address}/ in a browser.\n`);
  collectAll();
  const end = aborted(AbortSignal.any([signal, uncaught]));
  const failure = await Promise.race([end, ...(running.failed ? [running.failed] : [])]);
  if (failure) parts.logger.fatal({ err: failure }, 'the engine was given up');
  parts.logger.info('stopping');
  await running.stop(settings.shutdownGraceMs);
  await closeParts(parts);
  await claim.release();
  await stopTracing().catch((err: unknown) => parts.logger.warn({ err }, 'the last spans were not sent'));
  parts.logger.info('stopped');
  uncaught.throwIfAborted();
  if (failure) throw new UsageError(failure.message, { cause: failure });
}

async function aborted(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted) await once(signal, 'abort');
}

/** Opens everything and listens; what keeps it from that is told in one sentence. */
async function begin(
  role: Role,
  settings: Settings,
  alterations: Alterations,
): Promise<{ claim: Claim; parts: Parts; running: Running }> {
  try {
    const claim = await claimFolders(settings, role);
    const parts = await openParts(settings, alterations);
    return { claim, parts, running: await start[role](parts, alterations) };
  } catch (error) {
    if (isStartFault(error)) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

/** A store, a Redis, a keys file or a port that cannot be had. */
const isStartFault = (error: unknown): error is Error =>
  [StoreError, QueueUnavailableError, ApiKeysError].some((kind) => error instanceof kind) ||
  (error as NodeJS.ErrnoException).syscall === 'listen';

function readSettings(role: Role): Settings {
  let settings: Settings;
  try {
    settings = parseSettings(process.env);
  } catch (error) {
    if (error instanceof SettingsError) throw new UsageError(error.message);
    throw error;
  }
  const onRedis = settings.redisUrl !== undefined;
  if (role === 'serve' && onRedis) {
    throw new UsageError('With MEDICLIP_REDIS_URL start `mediclip api` and `mediclip worker`; `serve` needs no Redis.');
  }
  if (role !== 'serve' && !onRedis) {
    throw new UsageError(`\`mediclip ${role}\` needs MEDICLIP_REDIS_URL; without Redis start \`mediclip serve\`.`);
  }
  return settings;
}

const start: Record<Role, (parts: Parts, alterations: Alterations) => Promise<Running>> = {
  async serve(parts, alterations) {
    const worker = await openWorker(parts, alterations);
    const api = await startApi(parts, {
      healthProbes: [{ name: 'engine', check: async () => assertOk(worker.health()) }],
      readinessProbes: [{ name: 'worker', check: async () => assertOk(await worker.ready()) }],
    });
    return {
      ...api,
      failed: worker.engineGaveUp,
      async stop(graceMs) {
        await api.stop(graceMs / 4);
        await worker.stop((graceMs * 3) / 4);
      },
    };
  },

  async api(parts) {
    return startApi(parts, {});
  },

  async worker(parts, alterations) {
    const { settings, metrics } = parts;
    const worker = await openWorker(parts, alterations);
    const server = await startStatusServer({
      host: settings.host,
      port: settings.operationsPort ?? settings.port,
      metrics,
      health: async () => worker.health(),
      ready: () => worker.ready(),
    });
    return {
      address: server.address,
      failed: worker.engineGaveUp,
      async stop(graceMs) {
        await worker.stop(graceMs);
        server.close();
      },
    };
  },
};

/** What the first check with something to say says; throws the reason of one that failed. */
function assertOk(checks: readonly ReadinessCheck[]): string | undefined {
  const missing = checks.find(({ ok }) => !ok);
  if (missing) throw new Error(missing.detail ?? `${missing.name} is not ready`);
  return checks.find(({ detail }) => detail !== undefined)?.detail;
}

async function startApi(
  parts: Parts,
  probes: Pick<ServerDependencies, 'healthProbes' | 'readinessProbes'>,
): Promise<Running> {
  const { host, port, operationsPort } = parts.settings;
  const server = await buildServer({ ...parts, ...probes });
  const address = await server.listen({ host, port });
  const { health, readiness: ready } = server.health;
  const operations =
    operationsPort === undefined
      ? undefined
      : await startStatusServer({ host, port: operationsPort, metrics: parts.metrics, health, ready });
  return {
    address,
    ...(operations && { operations: operations.address }),
    async stop(graceMs) {
      server.drain();
      const graceOver = setTimeout(() => server.server.closeAllConnections(), graceMs);
      await server.close();
      clearTimeout(graceOver);
      operations?.close();
    },
  };
}
