import { Worker } from 'node:worker_threads';
import { WeightsError, type WeightsErrorCode } from '@mediclip/backbones';
import type { AdaptationOptions, FieldError } from '@mediclip/contracts';

export type OptionCheckReply = { readonly id: number } & (
  | { readonly faults: FieldError[] }
  | { readonly weightsError: { readonly code: WeightsErrorCode; readonly message: string } }
);

interface Waiting {
  readonly resolve: (faults: FieldError[]) => void;
  readonly reject: (error: unknown) => void;
}

const entry = new URL('../../dist/adaptations/option-check-thread.js', import.meta.url);

/** Finds what a backbone cannot do of options (`optionFaults`) in a thread of its own, which starts with the first check. */
export class OptionCheck {
  #thread: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(private readonly modelsFolder: string) {}

  /** Rejects with a `WeightsError`, or with an Error when the thread ends. */
  faults(options: AdaptationOptions): Promise<FieldError[]> {
    const id = ++this.#lastId;
    const thread = this.#started();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      thread.postMessage({ id, options });
    });
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  #started(): Worker {
    if (this.#thread) return this.#thread;
    const thread = new Worker(entry, { workerData: { modelsFolder: this.modelsFolder }, execArgv: [] });
    thread.unref();
    thread.on('message', (reply: OptionCheckReply) => this.#settle(reply));
    thread.on('error', (error) => this.#ended(error));
    thread.on('exit', () => this.#ended(new Error('The thread that checks options has ended.')));
    this.#thread = thread;
    return thread;
  }

  #settle(reply: OptionCheckReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('faults' in reply) waiting?.resolve(reply.faults);
    else waiting?.reject(new WeightsError(reply.weightsError.code, reply.weightsError.message));
  }

  #ended(error: Error): void {
    this.#thread = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
