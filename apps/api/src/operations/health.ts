import { ProblemError, type ReadinessCheck, serviceVersion } from '@mediclip/contracts';
import type { ReadinessProbe } from '../dependencies.js';
import type { HandlersOf } from '../http/handlers.js';
import type { Lifecycle } from './lifecycle.js';

const retryAfterSeconds = 5;

export function healthHandlers(
  probes: { readonly health: readonly ReadinessProbe[]; readonly readiness: readonly ReadinessProbe[] },
  lifecycle: Lifecycle,
): HandlersOf<'getHealth' | 'getReadiness' | 'getInferenceLive' | 'getInferenceReady'> {
  const readiness = async () => {
    if (!lifecycle.isServing) throw new ProblemError('draining', undefined, { retryAfterSeconds });
    return checked(probes.readiness);
  };
  return {
    async getHealth() {
      await checked(probes.health);
      return { json: { status: 'ok', version: serviceVersion } };
    },
    async getReadiness() {
      return { json: { status: 'ready', checks: await readiness() } };
    },
    async getInferenceLive() {
      await checked(probes.health);
      return { json: { live: true } };
    },
    async getInferenceReady() {
      await readiness();
      return { json: { ready: true } };
    },
  };
}

/** The outcomes of `probes`. Throws `not-ready` with all of them when one fails. */
async function checked(probes: readonly ReadinessProbe[]): Promise<ReadinessCheck[]> {
  const checks = await Promise.all(probes.map(checkOf));
  if (checks.every(({ ok }) => ok)) return checks;
  throw new ProblemError('not-ready', undefined, { checks, retryAfterSeconds });
}

async function checkOf({ name, check }: ReadinessProbe): Promise<ReadinessCheck> {
  try {
    const detail = await check();
    return { name, ok: true, ...(typeof detail === 'string' && { detail }) };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
