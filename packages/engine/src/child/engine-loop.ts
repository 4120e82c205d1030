import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AdaptationJob, DetectorJob } from '@mediclip/adaptation';
import { toOutOfMemoryError } from '@mediclip/onnx-graph';
import { discard } from '@mediclip/threads';
import { EngineError } from '../errors.js';
import type { Beat, EngineMessage, Fault, WorkMessage } from '../protocol.js';
import { SynthesisPool } from '../synthesis/synthesis-pool.js';
import type { AdaptationRun, Compute, ScoringImage } from './compute.js';
import { type Operation, Scheduler } from './scheduler.js';

interface OpenAdaptation {
  readonly run: AdaptationRun;
  /** Undefined for revisions and inspections, which draw nothing. */
  readonly pool: SynthesisPool | undefined;
  /** What to answer once it is closed; nothing yet while it goes on. */
  answer: EngineMessage | undefined;
}

export interface EngineLoopOptions {
  readonly compute: Compute;
  readonly synthesisThreads: number;
  /** Calls `sent` once the message has left this process. */
  readonly send: (message: EngineMessage, sent?: () => void) => void;
}

/**
 * Does what the scheduler decides, one operation at a time, and sends what comes of it. Between two operations the
 * event loop turns, so that messages come in and go out. The channel holds about one image or one map, and what it does
 * not hold moves only while this thread is free: so an announced message is let in before the next operation, and
 * scores are let out.
 *
 * An error of a piece of work is that work's answer, memory that ran out included: what was loaded before can be used
 * again. An error while something is let go leaves the process in a state nobody knows and rejects `run`: the process
 * then ends, and its supervisor starts a fresh one.
 */
export class EngineLoop {
  readonly #compute: Compute;
  readonly #synthesisThreads: number;
  readonly #send: EngineLoopOptions['send'];
  readonly #scheduler: Scheduler;
  readonly #images = new Map<number, ScoringImage>();
  readonly #jobs = new Map<number, DetectorJob>();
  #adaptation: OpenAdaptation | undefined;
  #busy = false;
  #operations = 0;
  /** Messages that were announced and are not here yet. */
  #announced = 0;
  #wake: () => void = () => {};

  constructor({ compute, synthesisThreads, send }: EngineLoopOptions) {
    this.#compute = compute;
    this.#scheduler = new Scheduler({ batchSizes: compute.batchSizes });
    this.#synthesisThreads = synthesisThreads;
    this.#send = send;
  }

  get beat(): Beat {
    return {
      type: 'beat',
      busy: this.#busy || this.#scheduler.waitsToAdvance,
      operations: this.#operations,
      rssBytes: process.memoryUsage.rss(),
      gauges: this.#scheduler.gauges,
    };
  }

  receive(message: WorkMessage): void {
    if (message.type === 'announced') {
      this.#announced++;
    } else if (message.type === 'score') {
      this.#announced--;
      const { type, images, ...request } = message;
      const now = performance.now();
      for (const { id, image, alone } of images) {
        // Not as it came: that keeps the whole message until V8 collects what is old.
        this.#images.set(id, { ...image, data: new Uint8Array(image.data) });
        this.#scheduler.score({ ...request, id, alone, side: image.side }, now);
      }
    } else if (message.type === 'adapt') {
      this.#announced--;
      this.#jobs.set(message.id, message.job);
      this.#scheduler.adapt(message.id);
    } else if (message.type === 'cancel') {
      if (this.#scheduler.cancel(message.id)) {
        this.#images.delete(message.id);
        this.#jobs.delete(message.id);
        this.#send({ type: 'cancelled', id: message.id });
      }
    } else if (message.type === 'forget') {
      this.#scheduler.forget(message.detectorId);
    } else {
      this.#scheduler.drain();
    }
    this.#wake();
  }

  /** Works until it is told to drain and has drained. */
  async run(): Promise<void> {
    while (!this.#scheduler.drained) {
      const operation = this.#announced > 0 ? undefined : this.#scheduler.next();
      if (!operation) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      this.#busy = true;
      await this.#execute(operation);
      this.#busy = false;
      this.#operations++;
      await nextTurn();
    }
  }

  #execute(operation: Operation): Promise<void> {
    this.#send({ type: 'begun', ids: idsOf(operation), images: this.#imagesOf(operation) });
    switch (operation.kind) {
      case 'resolve':
        return this.#resolve(operation);
      case 'score':
        return this.#score(operation);
      case 'forget':
        return this.#forget(operation);
      case 'open':
        return this.#open(operation);
      case 'advance':
        return this.#advance(operation);
      case 'close':
        return this.#close(operation);
    }
  }

  #imagesOf(operation: Operation): number {
    if (operation.kind === 'score') return operation.requests.length;
    if (!('adaptation' in operation)) return 1;
    const job = this.#jobs.get(operation.adaptation);
    return job !== undefined && isAdaptation(job) ? job.options.training.batchSize : 1;
  }

  async #resolve({ detector, requests }: Extract<Operation, { kind: 'resolve' }>): Promise<void> {
    const outcome = await attempt(() => this.#compute.towerKey(detector));
    if ('value' in outcome) return this.#scheduler.resolved(outcome.value);
    this.#scheduler.resolveFailed();
    for (const { id } of requests) this.#send(this.#failure(id, outcome.error));
  }

  async #score({ requests }: Extract<Operation, { kind: 'score' }>): Promise<void> {
    const begun = performance.now();
    const batch = requests.map(({ id, detector }) => ({ detector, image: this.#images.get(id)! }));
    const outcome = await attempt(() => this.#compute.score(batch));
    if ('error' in outcome) {
      for (const { id } of this.#scheduler.scoreFailed()) this.#send(this.#failure(id, outcome.error));
      return;
    }
    this.#scheduler.scored();
    const images = requests.map(({ id, arrived }, index) => ({
      id,
      output: outcome.value[index]!,
      queuedMs: begun - arrived,
    }));
    for (const { id } of requests) this.#images.delete(id);
    const computeMs = performance.now() - begun;
    await new Promise<void>((sent) => this.#send({ type: 'scored', images, computeMs }, sent));
    discard([...batch.map(({ image }) => image.data), ...outcome.value.map(({ map }) => map)]);
  }

  async #forget({ detectorId }: Extract<Operation, { kind: 'forget' }>): Promise<void> {
    await this.#compute.release(detectorId);
    this.#scheduler.forgotten();
  }

  async #open({ adaptation }: Extract<Operation, { kind: 'open' }>): Promise<void> {
    const job = this.#jobs.get(adaptation)!;
    const outcome = await attempt(() =>
      isAdaptation(job) ? this.#openAdaptation(job) : this.#openWithoutSamples(job),
    );
    if ('error' in outcome) {
      this.#scheduler.openFailed();
      this.#send(this.#failure(adaptation, outcome.error));
      return;
    }
    this.#adaptation = { ...outcome.value, answer: undefined };
    this.#scheduler.opened();
    this.#tellProgress(adaptation, outcome.value.run);
  }

  async #openWithoutSamples(job: Exclude<DetectorJob, AdaptationJob>): Promise<Pick<OpenAdaptation, 'run' | 'pool'>> {
    const run = 'kind' in job ? this.#compute.openInspection(job) : this.#compute.openRevision(job);
    return { run: await run, pool: undefined };
  }

  async #openAdaptation(job: AdaptationJob): Promise<Pick<OpenAdaptation, 'run' | 'pool'>> {
    const { images, options } = job;
    const pool = SynthesisPool.start({ images, options: options.synthesis, threads: this.#synthesisThreads });
    try {
      return { run: await this.#compute.openAdaptation(job, pool), pool };
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  async #advance({ adaptation }: Extract<Operation, { kind: 'advance' }>): Promise<void> {
    const open = this.#adaptation!;
    const outcome = await attempt(() => open.run.advance());
    if ('error' in outcome) open.answer = this.#failure(adaptation, outcome.error);
    else if (outcome.value) open.answer = { type: 'adapted', id: adaptation };
    this.#tellProgress(adaptation, open.run);
    const waitsFor = open.answer ? undefined : open.run.waitsFor;
    this.#scheduler.advanced(open.answer !== undefined, waitsFor !== undefined);
    const ready = () => {
      this.#scheduler.readyToAdvance(adaptation);
      this.#wake();
    };
    waitsFor?.then(ready, ready);
  }

  async #close({ adaptation, checkpoint }: Extract<Operation, { kind: 'close' }>): Promise<void> {
    const { run, pool, answer } = this.#adaptation!;
    const saved = checkpoint ? await attempt(() => run.checkpoint()) : undefined;
    await run.release();
    await pool?.close();
    this.#adaptation = undefined;
    this.#scheduler.closed();
    this.#jobs.delete(adaptation);
    if (saved && 'error' in saved) this.#send(this.#failure(adaptation, saved.error));
    else if (!checkpoint) this.#send(answer ?? { type: 'cancelled', id: adaptation });
  }

  #tellProgress(id: number, { progress }: AdaptationRun): void {
    this.#send({ type: 'progress', id, progress: { ...progress } });
  }

  /** The answer to work that failed; from then on it is unknown here. */
  #failure(id: number, error: Error): EngineMessage {
    this.#images.delete(id);
    this.#jobs.delete(id);
    return { type: 'failed', id, fault: faultOf(error) };
  }
}

/** The error in the form in which it crosses to the parent. */
export function faultOf(error: Error): Fault {
  const { name, message } = error;
  if (error instanceof EngineError) return { code: error.code, message };
  const origin = 'code' in error && typeof error.code === 'string' ? { name, code: error.code } : { name };
  return { code: 'compute-failed', message, origin };
}

/** By the type alone, so that a process starts without loading all of what it may compute with. */
const isAdaptation = (job: DetectorJob): job is AdaptationJob => !('kind' in job || 'parentFolder' in job);

function idsOf(operation: Operation): number[] {
  if ('requests' in operation) return operation.requests.map(({ id }) => id);
  return 'adaptation' in operation ? [operation.adaptation] : [];
}

async function attempt<T>(work: () => Promise<T>): Promise<{ value: T } | { error: Error }> {
  try {
    return { value: await work() };
  } catch (reason) {
    const error = toOutOfMemoryError(reason);
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}
