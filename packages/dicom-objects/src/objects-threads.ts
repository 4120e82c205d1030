import { TaskPool } from '@mediclip/threads';
import type { ObjectTasks } from './objects-thread.js';

const entry = new URL('../dist/objects-thread.js', import.meta.url);
const timeoutMs = 60_000;
const idleMs = 60_000;

/** What writes DICOM objects: `secondaryCapture`, `segmentation` and `structuredReport`. */
export type ObjectThreads = TaskPool<ObjectTasks>;

/** One thread, which starts with the first object and ends when none was written for a minute. */
export function openObjectThreads(): ObjectThreads {
  return new TaskPool({ entry, threads: 1, timeoutMs, idleMs });
}
