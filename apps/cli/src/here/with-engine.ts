import path from 'node:path';
import { Engine } from '@mediclip/engine';
import type { ComputeFlags } from '../commands/compute-flags.js';

/** Lends an engine to `use` and stops it; a running adaptation is checkpointed. */
export async function withEngine<T>(flags: ComputeFlags, use: (engine: Engine) => Promise<T>): Promise<T> {
  const { device, precision, modelsDir } = flags;
  const engine = await Engine.start({ device, precision, modelsFolder: path.resolve(modelsDir) });
  try {
    return await use(engine);
  } finally {
    await engine.stop();
  }
}
