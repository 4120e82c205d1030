import { setFlagsFromString } from 'node:v8';
import type { ResourceLimits } from 'node:worker_threads';

/** By so many per cent what V8 keeps may have grown since it last collected the whole heap, before it does so again. */
const growthPercent = 300;

/** The most that the space for young objects takes in a thread, where it is kept small. */
const threadYoungMiB = 6;

let isYoungSpaceSmall = false;

/**
 * Lets V8 collect the whole heap less often in this process, main thread and workers. By itself it does so after some
 * megabytes of buffers, where a program makes few objects beside them: every eighth image that is scored, which took
 * a third of the processor time of the service. What comes in place of it, four times the heap, V8 allows itself where
 * a program makes objects quickly; buffers beyond 64 MiB have it collect at once, as ever.
 */
export function letHeapGrow(): void {
  setFlagsFromString(`--heap-growing-percent=${growthPercent}`);
}

/**
 * Has V8's space for young objects keep its size in this process, where it would grow to 32 MiB in the main thread and
 * in each worker: little of what a request makes is left after it. Best called before much is loaded.
 */
export function keepYoungSpaceSmall(): void {
  isYoungSpaceSmall = true;
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** To be called when a thread has started: V8 lets the space grow again whenever it makes a heap. */
export function threadStarted(): void {
  if (isYoungSpaceSmall) keepYoungSpaceSmall();
}

/** What the heap of a new thread may take. */
export function threadLimits(): ResourceLimits {
  return isYoungSpaceSmall ? { maxYoungGenerationSizeMb: threadYoungMiB } : {};
}
