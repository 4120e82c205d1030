import { Worker } from 'node:worker_threads';
import type { SampleRequest, SampleSource } from '@mediclip/adaptation';
import type { GreyImage, SynthesisOptions, SyntheticSample } from '@mediclip/synthesis';

export interface SynthesisPoolOptions {
  /** The normal images: what samples are made from, and what cut-paste takes its content from. */
  readonly images: readonly GreyImage[];
  readonly options: SynthesisOptions;
  readonly threads: number;
  /** Another thread program; for tests. */
  readonly threadEntry?: URL;
}

export interface SynthesisThreadData {
  readonly images: readonly GreyImage[];
  readonly options: SynthesisOptions;
}

export interface ThreadRequest {
  readonly id: number;
  readonly request: SampleRequest;
}

export type ThreadAnswer =
  | { readonly id: number; readonly sample: SyntheticSample }
  | { readonly id: number; readonly error: string };

interface Task extends ThreadRequest {
  retried: boolean;
  readonly resolve: (sample: SyntheticSample) => void;
  readonly reject: (error: Error) => void;
}

/** A thread and what it has been asked for, oldest first: the first task is the one it works on. */
interface Thread {
  readonly worker: Worker;
  readonly tasks: Map<number, Task>;
}

/**
 * Worker threads that draw synthetic anomalies. A sample is a function of its request alone, so the bytes are the same as from
 * a call of `synthesize` in this thread. Requests go to the threads at once, so that the threads go on while this thread is blocked.
 *
 * A thread that dies is replaced when there is work; the request it died over is tried once more, then its draw is rejected.
 */
export class SynthesisPool implements SampleSource {
  readonly #entry: URL;
  readonly #data: SynthesisThreadData;
  readonly #size: number;
  readonly #threads = new Set<Thread>();
  #nextId = 0;
  #closed = false;

  private constructor({ images, options, threads, threadEntry }: SynthesisPoolOptions) {
    this.#entry = threadEntry ?? new URL('../../dist/synthesis/synthesis-thread.js', import.meta.url);
    this.#data = { images: images.map(shared), options };
    this.#size = threads;
    for (let i = 0; i < threads; i++) this.#addThread();
  }

  /** Starts the threads. Throws a RangeError unless `threads` is an integer of at least 1. */
  static start(options: SynthesisPoolOptions): SynthesisPool {
    if (!Number.isInteger(options.threads) || options.threads < 1) {
      throw new RangeError(`The synthesis pool got ${options.threads} threads; give an integer of at least 1.`);
    }
    return new SynthesisPool(options);
  }

  /**
   * The samples in the order of the requests; earlier requests are drawn first. Rejects when a request cannot be drawn, when a
   * thread dies twice over it, and when the pool is closed meanwhile.
   */
  draw(requests: readonly SampleRequest[]): Promise<SyntheticSample[]> {
    return Promise.all(requests.map((request) => this.#drawOne(request)));
  }

  /** Ends the threads; draws that are not done yet are rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    const threads = [...this.#threads];
    this.#threads.clear();
    for (const { tasks } of threads) for (const task of tasks.values()) task.reject(closedError());
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
  }

  #drawOne(request: SampleRequest): Promise<SyntheticSample> {
    if (this.#closed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      this.#assign(this.#idlest(), { id: this.#nextId++, request, retried: false, resolve, reject });
    });
  }

  #idlest(): Thread {
    if (this.#threads.size < this.#size) return this.#addThread();
    return [...this.#threads].reduce((best, thread) => (thread.tasks.size < best.tasks.size ? thread : best));
  }

  #assign(thread: Thread, task: Task): void {
    thread.tasks.set(task.id, task);
    const message: ThreadRequest = { id: task.id, request: task.request };
    thread.worker.postMessage(message);
  }

  #addThread(): Thread {
    const worker = new Worker(this.#entry, { workerData: this.#data, execArgv: [] });
    const thread: Thread = { worker, tasks: new Map() };
    this.#threads.add(thread);
    let fault = 'it ended';
    worker.on('message', (answer: ThreadAnswer) => settle(thread, answer));
    worker.on('error', (error: unknown) => {
      fault = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', () => this.#handOver(thread, fault));
    return thread;
  }

  /** Takes a dead thread out; what it still had to do goes to others, in order. */
  #handOver(dead: Thread, fault: string): void {
    if (!this.#threads.delete(dead)) return;
    const [current, ...waiting] = dead.tasks.values();
    if (!current) return;
    if (current.retried) {
      current.reject(new Error(`A synthesis thread died twice over one sample: ${fault}.`));
    } else {
      this.#assign(this.#idlest(), Object.assign(current, { retried: true }));
    }
    for (const task of waiting) this.#assign(this.#idlest(), task);
  }
}

function settle({ tasks }: Thread, answer: ThreadAnswer): void {
  const task = tasks.get(answer.id);
  tasks.delete(answer.id);
  if ('sample' in answer) task?.resolve(answer.sample);
  else task?.reject(new Error(answer.error));
}

/** The image in memory that all threads share. */
function shared({ width, height, data }: GreyImage): GreyImage {
  const pixels = new Uint8Array(new SharedArrayBuffer(data.length));
  pixels.set(data);
  return { width, height, data: pixels };
}

function closedError(): Error {
  return new Error('The synthesis pool was closed; start another one to draw.');
}
