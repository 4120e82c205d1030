/**
 * Computes as the product does, in an engine process that does not start while there is a file `sick` in the folder of
 * its own URL's query.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { ComputeModule } from '@mediclip/engine';

const entry = new URL('child/model-compute.js', import.meta.resolve('@mediclip/engine'));
const folder = new URL(import.meta.url).searchParams.get('folder')!;
const product = (await import(entry.href)) as ComputeModule;

export const createCompute: ComputeModule['createCompute'] = (settings, onBatchHalved) => {
  if (existsSync(path.join(folder, 'sick'))) process.exit(3);
  return product.createCompute(settings, onBatchHalved);
};
