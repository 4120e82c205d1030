import { Worker } from 'node:worker_threads';
import { AdaptationError, type AdaptationErrorCode } from '@mediclip/adaptation';
import { WeightsError, type WeightsErrorCode } from '@mediclip/backbones';

/** What the thread is asked; answers may come in any order. */
export interface TaskRequest<Request> {
  readonly id: number;
  readonly request: Request;
}

/** What the thread answers: errors of weights and detectors cross it by their code. */
export type TaskReply<Answer> = { readonly id: number } & (
  | { readonly answer: Answer }
  | { readonly weightsError: { readonly code: WeightsErrorCode; readonly message: string } }
  | { readonly adaptationError: { readonly code: AdaptationErrorCode; readonly message: string } }
);

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** Work that takes too long for an event loop, in a thread of its own, which starts with the first request (`serveTasks`). */
export class TaskThread<Request, Answer> {
  #thread: Worker | undefined;
  readonly #waiting = new Map<number, Waiting<Answer>>();
  #lastId = 0;

  /** `entry` is the built module of the thread. */
  constructor(
    private readonly entry: URL,
    private readonly workerData: unknown,
  ) {}

  /** Rejects with a `WeightsError` or an `AdaptationError`, or with an Error when the thread ends. */
  ask(request: Request): Promise<Answer> {
    const id = ++this.#lastId;
    const thread = this.#started();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      thread.postMessage({ id, request } satisfies TaskRequest<Request>);
    });
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  #started(): Worker {
    if (this.#thread) return this.#thread;
    const thread = new Worker(this.entry, { workerData: this.workerData, execArgv: [] });
    thread.unref();
    thread.on('message', (reply: TaskReply<Answer>) => this.#settle(reply));
    thread.on('error', (error) => this.#ended(error));
    thread.on('exit', () => this.#ended(new Error(`The thread ${this.entry} has ended.`)));
    this.#thread = thread;
    return thread;
  }

  #settle(reply: TaskReply<Answer>): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('answer' in reply) waiting?.resolve(reply.answer);
    else waiting?.reject(errorOf(reply));
  }

  #ended(error: Error): void {
    this.#thread = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

function errorOf(reply: Exclude<TaskReply<never>, { answer: never }>): Error {
  if ('weightsError' in reply) return new WeightsError(reply.weightsError.code, reply.weightsError.message);
  return new AdaptationError(reply.adaptationError.code, reply.adaptationError.message);
}
