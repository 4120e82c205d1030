import path from 'node:path';
import { Engine } from '@mediclip/engine';
import type { ComputeFlags } from '../commands/compute-flags.js';

/** An engine of this machine, ready. */
export const startEngine = ({ device, precision, modelsDir }: ComputeFlags): Promise<Engine> =>
  Engine.start({ device, precision, modelsFolder: path.resolve(modelsDir) });

/** Lends an engine that starts while `use` begins, and stops it. */
export async function withStartingEngine<T>(
  flags: ComputeFlags,
  use: (starting: Promise<Engine>) => Promise<T>,
): Promise<T> {
  const starting = startEngine(flags);
  // Why it does not start is told where it is waited for.
  const started = starting.catch(() => undefined);
  try {
    return await use(starting);
  } finally {
    await (await started)?.stop();
  }
}
