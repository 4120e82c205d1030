import { Worker } from 'node:worker_threads';
import type { ImageMetrics, PairedDeLong, PixelMetrics, ReportData } from '@mediclip/evaluation';

/** What the thread is asked for. */
export type ThreadRequest =
  | { readonly what: 'add'; readonly map: Float32Array; readonly mask: Uint8Array; readonly side: number }
  | { readonly what: 'figures'; readonly scores: readonly number[]; readonly abnormal: readonly boolean[] }
  | {
      readonly what: 'compare';
      readonly scores: readonly number[];
      readonly baselineScores: readonly number[];
      readonly abnormal: readonly boolean[];
    }
  | { readonly what: 'report'; readonly data: ReportData };

/** Nothing, figures, a comparison or the page, as it was asked for. */
export type ThreadAnswer = null | Figures | PairedDeLong | string;

/** What the thread starts with. */
export interface ThreadData {
  /** The calibrated threshold of the model's maps, if it has one. */
  readonly threshold: number | undefined;
}

export interface Figures {
  readonly image: ImageMetrics;
  readonly pixel: PixelMetrics;
}

const ENTRY = new URL('../../../dist/jobs/evaluation/evaluation-thread-entry.js', import.meta.url);

/** The arithmetic of one evaluation, in a thread of its own. One call at a time; each rejects when the thread crashes or is closed. */
export class EvaluationThread {
  readonly #thread: Worker;
  #waiting: { resolve: (answer: ThreadAnswer) => void; reject: (error: Error) => void } | undefined;
  #failure: Error | undefined;

  constructor(workerData: ThreadData) {
    this.#thread = new Worker(ENTRY, { workerData });
    this.#thread.on('message', (answer: ThreadAnswer) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting?.resolve(answer);
    });
    this.#thread.on('error', (error) => this.#fail(error));
    this.#thread.on('exit', () => this.#fail(new Error('The thread of the evaluation has ended.')));
  }

  /** Adds an image to the figures of pixels: its map and its mask (non-zero = abnormal), both [side, side]. */
  async add(map: Float32Array, mask: Uint8Array, side: number): Promise<void> {
    await this.#ask({ what: 'add', map, mask, side });
  }

  /** The figures of the images' scores, and of the pixels added so far. */
  async figures(scores: readonly number[], abnormal: readonly boolean[]): Promise<Figures> {
    return (await this.#ask({ what: 'figures', scores, abnormal })) as Figures;
  }

  /** The paired test of two models' scores of the same images. */
  async compare(
    scores: readonly number[],
    baselineScores: readonly number[],
    abnormal: readonly boolean[],
  ): Promise<PairedDeLong> {
    return (await this.#ask({ what: 'compare', scores, baselineScores, abnormal })) as PairedDeLong;
  }

  /** The report as one HTML page. */
  async report(data: ReportData): Promise<string> {
    return (await this.#ask({ what: 'report', data })) as string;
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }

  #ask(request: ThreadRequest): Promise<ThreadAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      this.#waiting = { resolve, reject };
      this.#thread.postMessage(request);
    });
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
  }
}

/** Lends a thread to `work`, and ends it with the work or when `signal` aborts. */
export async function withEvaluationThread<T>(
  data: ThreadData,
  signal: AbortSignal,
  work: (thread: EvaluationThread) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const thread = new EvaluationThread(data);
  const onAbort = () => thread.close();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await work(thread);
  } finally {
    signal.removeEventListener('abort', onAbort);
    await thread.close();
  }
}
