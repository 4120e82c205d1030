import type { Figure, GroupMetrics, ImageMetrics, PixelMetrics } from '@mediclip/evaluation';
import { TaskPool } from '@mediclip/threads';
import type { EvaluationTasks, ThreadData } from './evaluation-thread-entry.js';

export interface Figures {
  readonly image: ImageMetrics;
  readonly pixel: PixelMetrics;
  readonly groups: GroupMetrics | undefined;
  readonly aurocWithoutForeign: Figure;
}

/**
 * The arithmetic of one evaluation, in a thread of its own that holds the sums of its pixels; see `EvaluationTasks`.
 */
export type EvaluationThread = Pick<TaskPool<EvaluationTasks>, 'run'>;

const entry = new URL('../../../dist/jobs/evaluation/evaluation-thread-entry.js', import.meta.url);
/** Calls that wait hold maps: who does not wait for them is refused more. */
const maximumWaiting = 8;

/**
 * Lends a thread to `work`, and ends it with the work. When the thread ends before, all its calls are rejected from
 * then on.
 */
export async function withEvaluationThread<T>(
  data: ThreadData,
  work: (thread: EvaluationThread) => Promise<T>,
): Promise<T> {
  const pool = new TaskPool<EvaluationTasks>({ entry, threads: 1, data, maximumWaiting, isStateful: true });
  try {
    return await work(pool);
  } finally {
    await pool.close();
  }
}
