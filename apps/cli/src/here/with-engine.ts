import path from 'node:path';
import { Engine } from '@mediclip/engine';
import type { ImagingPool } from '@mediclip/imaging';
import type { ComputeFlags } from '../commands/compute-flags.js';
import { withImagingPool } from '../images.js';

/** Lends an engine to `use` and stops it; a running adaptation is checkpointed. */
export async function withEngine<T>(flags: ComputeFlags, use: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await startEngine(flags);
  try {
    return await use(engine);
  } finally {
    await engine.stop();
  }
}

/** Lends an engine and a pool of imaging threads, which start side by side. */
export async function withEngineAndPool<T>(
  flags: ComputeFlags,
  use: (engine: Engine, pool: ImagingPool) => Promise<T>,
): Promise<T> {
  const starting = startEngine(flags);
  // Why it does not start is told where it is waited for.
  const stop = () =>
    starting.then(
      (engine) => engine.stop(),
      () => {},
    );
  try {
    return await withImagingPool(async (pool) => use(await starting, pool));
  } finally {
    await stop();
  }
}

const startEngine = ({ device, precision, modelsDir }: ComputeFlags): Promise<Engine> =>
  Engine.start({ device, precision, modelsFolder: path.resolve(modelsDir) });
