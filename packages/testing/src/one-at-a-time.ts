import { mkdirSync, rmdirSync } from 'node:fs';
import path from 'node:path';

const never = new Int32Array(new SharedArrayBuffer(4));

/**
 * What `make` returns. Of the workers of a run of jest that make things of the same name, one does so at a time: the
 * others wait, and had better look then whether it has been made for them.
 */
export function oneAtATime<T>(name: string, make: () => T): T {
  const folder = process.env.TEST_RUN_FOLDER;
  if (!folder) return make();
  const lock = path.join(folder, `${name}.lock`);
  while (!isLocked(lock)) Atomics.wait(never, 0, 0, 100);
  try {
    return make();
  } finally {
    rmdirSync(lock);
  }
}

function isLocked(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
