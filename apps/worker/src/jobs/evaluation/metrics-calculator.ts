import { Worker } from 'node:worker_threads';
import type { ImageMetrics, PixelMetrics } from '@mediclip/evaluation';

export type MetricsRequest =
  | { readonly what: 'add'; readonly map: Float32Array; readonly mask: Uint8Array; readonly side: number }
  | { readonly what: 'figures'; readonly scores: readonly number[]; readonly abnormal: readonly boolean[] };

export interface Figures {
  readonly image: ImageMetrics;
  readonly pixel: PixelMetrics;
}

export type MetricsReply = 'added' | Figures;

const ENTRY = new URL('../../../dist/jobs/evaluation/metrics-thread.js', import.meta.url);

/** Computes the figures of one evaluation in a thread of its own. One call at a time; each rejects when the thread crashes or is closed. */
export class MetricsCalculator {
  readonly #thread = new Worker(ENTRY);
  #waiting: { resolve: (reply: MetricsReply) => void; reject: (error: Error) => void } | undefined;
  #failure: Error | undefined;

  constructor() {
    this.#thread.on('message', (reply: MetricsReply) => {
      this.#waiting?.resolve(reply);
      this.#waiting = undefined;
    });
    this.#thread.on('error', (error) => this.#fail(error));
    this.#thread.on('exit', () => this.#fail(new Error('The thread of the figures has ended.')));
  }

  /** Adds an image to the figures of pixels: its map and its mask (non-zero = abnormal), both [side, side]. */
  async add(map: Float32Array, mask: Uint8Array, side: number): Promise<void> {
    await this.#ask({ what: 'add', map, mask, side });
  }

  /** The figures of the images' scores, and of the pixels added so far. */
  async figures(scores: readonly number[], abnormal: readonly boolean[]): Promise<Figures> {
    return (await this.#ask({ what: 'figures', scores, abnormal })) as Figures;
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }

  #ask(request: MetricsRequest): Promise<MetricsReply> {
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
