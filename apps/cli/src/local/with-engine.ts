import type { Engine } from '@mediclip/engine';
import type { ComputeFlags } from '../commands/compute-flags.js';
import { startEngine } from './start-engine.js';

/** Lends an engine to `use` and stops it; a running adaptation is checkpointed. */
export async function withEngine<T>(flags: ComputeFlags, use: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await startEngine(flags);
  try {
    return await use(engine);
  } finally {
    await engine.stop();
  }
}
