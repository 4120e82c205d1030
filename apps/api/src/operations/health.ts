import { ProblemError, type ReadinessCheck, serviceVersion } from '@mediclip/contracts';
import type { ReadinessProbe } from '../dependencies.js';
import type { HandlersOf } from '../http/handlers.js';
import type { Lifecycle } from './lifecycle.js';

const retryAfterSeconds = 5;

/** How the server is, part by part. */
export interface ServerHealth {
  /** The parts without which the process had better be started anew. */
  health(): Promise<ReadinessCheck[]>;
  /** The parts that it needs for its work; while it ends, that it does is a check that fails. */
  readiness(): Promise<ReadinessCheck[]>;
}

/** The health of a server with these probes. */
export function serverHealth(
  probes: { readonly health: readonly ReadinessProbe[]; readonly readiness: readonly ReadinessProbe[] },
  lifecycle: Lifecycle,
): ServerHealth {
  return {
    health: () => Promise.all(probes.health.map(checkOf)),
    readiness: async () =>
      lifecycle.isServing
        ? Promise.all(probes.readiness.map(checkOf))
        : [{ name: 'server', ok: false, detail: 'It is being stopped.' }],
  };
}

/** Without `details` the routes tell whether the server is healthy and ready, and nothing of its parts. */
export function healthHandlers(
  { health, readiness }: ServerHealth,
  lifecycle: Lifecycle,
  { details }: { readonly details: boolean },
): HandlersOf<'getHealth' | 'getReadiness' | 'getInferenceLive' | 'getInferenceReady'> {
  const told = (checks: readonly ReadinessCheck[]): ReadinessCheck[] => {
    const shown = details ? [...checks] : [];
    if (checks.every(({ ok }) => ok)) return shown;
    throw new ProblemError('not-ready', undefined, { ...(details && { checks: shown }), retryAfterSeconds });
  };
  const ready = async () => {
    if (!lifecycle.isServing) throw new ProblemError('draining', undefined, { retryAfterSeconds });
    return told(await readiness());
  };
  return {
    async getHealth() {
      told(await health());
      return { json: { status: 'ok', version: serviceVersion } };
    },
    async getReadiness() {
      return { json: { status: 'ready', checks: await ready() } };
    },
    async getInferenceLive() {
      told(await health());
      return { json: { live: true } };
    },
    async getInferenceReady() {
      await ready();
      return { json: { ready: true } };
    },
  };
}

async function checkOf({ name, check }: ReadinessProbe): Promise<ReadinessCheck> {
  try {
    const detail = await check();
    return { name, ok: true, ...(typeof detail === 'string' && { detail }) };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
