import { existsSync } from 'node:fs';
import path from 'node:path';
import { Engine } from '@mediclip/engine';
import type { ComputeFlags } from '../commands/compute-flags.js';

/** An engine of this machine, ready. */
export const startEngine = (
  { device, precision, threads, modelsDir }: ComputeFlags,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Engine> =>
  Engine.start({ device, precision, ...(threads && { threads }), modelsFolder: path.resolve(modelsDir) }, options);

/**
 * Lends an engine that starts while `use` begins, and stops it; one that still starts when `use` fails is ended at
 * once.
 */
export async function withStartingEngine<T>(
  flags: ComputeFlags,
  use: (starting: Promise<Engine>) => Promise<T>,
): Promise<T> {
  const failed = new AbortController();
  const starting = startEngine(flags, { signal: failed.signal });
  // Why it does not start is told where it is waited for.
  const started = starting.catch(() => undefined);
  try {
    return await use(starting);
  } catch (error) {
    failed.abort();
    throw error;
  } finally {
    await (await started)?.stop();
  }
}

/** As `withStartingEngine`, for the detector of a folder; where there is none, says so and starts nothing. */
export async function withEngineFor<T>(
  model: string,
  flags: ComputeFlags,
  use: (starting: Promise<Engine>) => Promise<T>,
): Promise<T> {
  if (!existsSync(path.join(model, 'detector.json'))) {
    await (await import('@mediclip/adaptation')).readDetectorDescription(model);
  }
  return withStartingEngine(flags, use);
}
