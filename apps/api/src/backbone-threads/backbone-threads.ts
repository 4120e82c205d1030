import { AdaptationError } from '@mediclip/adaptation';
import { WeightsError } from '@mediclip/backbones';
import { type ErrorClass, TaskPool } from '@mediclip/threads';
import type { BackboneTasks } from './backbone-thread.js';

const entry = new URL('../../dist/backbone-threads/backbone-thread.js', import.meta.url);

/** Reading the weights of the largest backbone from a slow disk takes a minute. */
const timeoutMs = 300_000;
const idleMs = 60_000;

/** Classes of the errors that the tasks reject with. */
export const backboneErrors: readonly ErrorClass[] = [AdaptationError, WeightsError];

/** What opens backbones, away from the event loop: the check of options, and the building of detectors. */
export type BackboneThreads = TaskPool<BackboneTasks>;

/**
 * Two threads, so that a check need not wait while a detector is built. They start when they are needed and end when
 * they are not.
 */
export function openBackboneThreads(modelsFolder: string): BackboneThreads {
  return new TaskPool({ entry, threads: 2, data: { modelsFolder }, errors: backboneErrors, timeoutMs, idleMs });
}
