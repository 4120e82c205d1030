import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Absolute path of a file under `golden/`, e.g. `goldenPath('training/A.init.safetensors')`. */
export function goldenPath(name: string): string {
  return fileURLToPath(new URL(`../../../golden/${name}`, import.meta.url));
}

/** A parsed JSON file of `golden/`. The caller names the shape that it reads. */
export function goldenJson<T>(name: string): T {
  return JSON.parse(readFileSync(goldenPath(name), 'utf8')) as T;
}
