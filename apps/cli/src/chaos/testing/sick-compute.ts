/** Computes as the product does, in an engine process that does not start while there is a file `sick` in the data folder. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { ComputeModule } from '@mediclip/engine';

const entry = new URL('child/model-compute.js', import.meta.resolve('@mediclip/engine'));
const product = (await import(entry.href)) as ComputeModule;

export const createCompute: ComputeModule['createCompute'] = (settings, onBatchHalved) => {
  if (existsSync(path.join(process.env.MEDICLIP_DATA_DIR ?? '', 'sick'))) process.exit(3);
  return product.createCompute(settings, onBatchHalved);
};
