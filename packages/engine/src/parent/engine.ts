import { EventEmitter } from 'node:events';
import type {
  AdaptationJob,
  AdaptationProgress,
  BatchHalved,
  DetectorJob,
  DetectorReference,
  InspectionJob,
  RevisionJob,
} from '@mediclip/adaptation';
import type { AnomalyMap } from '@mediclip/maps';
import { inSpan } from '@mediclip/tracing';
import type { ScoringImage } from '../child/compute.js';
import { EngineError } from '../errors.js';
import type { EngineMessage } from '../protocol.js';
import type { ChildEnd, EndReason } from './engine-child.js';
import { type EngineOptions, type ResolvedEngineOptions, resolveEngineOptions } from './engine-options.js';
import { type EngineState, Supervisor, stoppedError } from './supervisor.js';
import { AdaptWork, errorOf, ScoreWork } from './work.js';

export interface ScoreRequest {
  readonly detector: DetectorReference;
  readonly images: readonly ScoringImage[];
}

export interface ScoreOptions {
  readonly signal?: AbortSignal;
  /** Callers take turns; default one per detector. */
  readonly caller?: string;
}

export interface AdaptOptions {
  readonly signal?: AbortSignal;
  /** Called after every step; after a restart it goes on from the last checkpoint. */
  readonly onProgress?: (progress: AdaptationProgress) => void;
}

export interface EngineEvents {
  /** A batch was scored: `queuedMs` of each image, `computeMs` of the whole. */
  batch: [{ size: number; queuedMs: readonly number[]; computeMs: number }];
  /** The process ended and is replaced. */
  restart: [{ reason: EndReason; description: string }];
  /** A call of `score` that was refused. */
  rejected: [{ reason: 'overloaded' }];
  status: [EngineState['status']];
  /** The process does not start any more: all work is rejected with this error, and so is what comes. */
  gaveUp: [EngineError];
  /** Memory ran out in the process: it takes smaller batches from now on. */
  batchHalved: [BatchHalved];
}

type AnyWork = ScoreWork | AdaptWork;

/**
 * The engine: a child process that owns ONNX Runtime, and its supervisor here. The process may crash, hang, be killed
 * or grow too large: it is replaced, images that were not answered are scored again once, and an adaptation goes on
 * from its checkpoint. When an allocation fails, the process halves its batch once; after that the work fails
 * (`compute-failed`, from an OutOfMemoryError). The process ends with this one, however this one ends.
 *
 * ```ts
 * const engine = await Engine.start({ device: 'auto' });
 * await engine.adapt(job, { onProgress: console.log });
 * const [{ score }] = await engine.score({ detector, images: [image] });
 * await engine.stop();
 * ```
 */
export class Engine extends EventEmitter<EngineEvents> {
  readonly #options: ResolvedEngineOptions;
  readonly #supervisor: Supervisor;
  /** All work without an answer, in the order of the calls. */
  readonly #work = new Map<number, AnyWork>();
  #pendingImages = 0;
  #nextId = 1;
  /** Why nothing is accepted any more. */
  #failure: EngineError | undefined;
  readonly #started: Promise<void>;

  private constructor(options: EngineOptions) {
    super();
    this.#options = resolveEngineOptions(options);
    let resolveStarted = () => {};
    let rejectStarted: (error: Error) => void = () => {};
    this.#started = new Promise<void>((resolve, reject) => {
      resolveStarted = resolve;
      rejectStarted = reject;
    });
    this.#supervisor = new Supervisor(this.#options, {
      onStatus: (status) => this.emit('status', status),
      onReady: () => {
        resolveStarted();
        for (const work of this.#work.values()) this.#supervisor.send(work.message());
      },
      onMessage: (message) => this.#onMessage(message),
      onEnd: (end, inFlight) => this.#onEnd(end, inFlight),
      onGiveUp: (failure) => {
        rejectStarted(failure);
        const isStopping = this.#failure !== undefined;
        this.#failure = failure;
        for (const work of this.#work.values()) this.#settle(work)?.reject(failure);
        if (!isStopping) this.emit('gaveUp', failure);
      },
    });
  }

  /**
   * Starts the process and resolves once it is ready. Rejects with an EngineError `device-unavailable` when the device
   * does not load, with `start-failed` when the process dies again and again before it is ready, with `stopped` when
   * the signal aborts before that: the process is ended at once then.
   */
  static async start(options: EngineOptions, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Engine> {
    const engine = new Engine(options);
    const onAbort = () => void engine.stop();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await engine.#started;
      return engine;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  get state(): EngineState {
    return this.#supervisor.state;
  }

  /**
   * Scores images with one detector; the answers stand in the order of the images. Rejects with the signal's reason, or
   * with an EngineError: `overloaded`, `stopped`, `crashed` (the process died twice over one image) or
   * `compute-failed`.
   */
  score(request: ScoreRequest, options: ScoreOptions = {}): Promise<AnomalyMap[]> {
    const attributes = { 'mediclip.images': request.images.length };
    return inSpan('engine score', { attributes }, () => this.#score(request, options));
  }

  async #score(
    { detector, images }: ScoreRequest,
    { signal, caller = detector.id }: ScoreOptions,
  ): Promise<AnomalyMap[]> {
    if (this.#failure) throw this.#failure;
    signal?.throwIfAborted();
    for (const image of images) checkImage(image);
    this.#refuseOverload(images.length);
    const works = images.map((image) => new ScoreWork(this.#nextId++, detector, image, caller));
    const giveUp = (error: unknown) => {
      for (const work of works) this.#abandon(work, error);
    };
    const onAbort = () => giveUp(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    for (const work of works) this.#add(work);
    this.#send(works);
    try {
      return await Promise.all(works.map(({ answer }) => answer));
    } catch (error) {
      giveUp(error);
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /**
   * Resolves once the detector's folder is complete. Adaptations run one after the other.
   *
   * Rejects with the signal's reason within two seconds of an abort, when the device is free again; with an EngineError
   * `stopped` after `stop` (its checkpoint is kept: the same job goes on from it), `crashed` when the process died
   * again and again without getting further, or `compute-failed`.
   */
  adapt(job: AdaptationJob, options: AdaptOptions = {}): Promise<void> {
    return inSpan('engine adapt', { attributes: { 'mediclip.images': job.images.length } }, () =>
      this.#adapt(job, options),
    );
  }

  /**
   * As `adapt`, for a detector that is made from another one and more normals. It keeps no checkpoint: interrupted, it
   * begins again.
   */
  revise(job: RevisionJob, options: AdaptOptions = {}): Promise<void> {
    return inSpan('engine revise', { attributes: { 'mediclip.images': job.images.length } }, () =>
      this.#adapt(job, options),
    );
  }

  /**
   * As `revise`, for normal images among which those are looked for that do not belong to the others; what is found is
   * in the job's folder.
   */
  inspect(job: InspectionJob, options: AdaptOptions = {}): Promise<void> {
    return inSpan('engine inspect', { attributes: { 'mediclip.images': job.images.length } }, () =>
      this.#adapt(job, options),
    );
  }

  async #adapt(job: DetectorJob, { signal, onProgress = () => {} }: AdaptOptions): Promise<void> {
    if (this.#failure) throw this.#failure;
    signal?.throwIfAborted();
    const work = new AdaptWork(this.#nextId++, job, this.#options.adaptationAttempts, onProgress);
    let grace: NodeJS.Timeout | undefined;
    const onAbort = () => {
      grace = this.#cancel(work, signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#add(work);
    if (this.#supervisor.takesWork) this.#supervisor.send(work.message());
    try {
      await work.answer;
    } finally {
      clearTimeout(grace);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Frees what the process holds for a detector, whose files may then be removed. */
  forget(detectorId: string): void {
    this.#supervisor.send({ type: 'forget', detectorId });
  }

  /** Checkpoints the running adaptation and ends the process. Whatever has no answer yet is rejected as `stopped`. */
  async stop(): Promise<void> {
    this.#failure ??= stoppedError();
    for (const work of this.#work.values()) {
      if (work instanceof ScoreWork) this.#settle(work)?.reject(this.#failure);
    }
    await this.#supervisor.stop();
  }

  #refuseOverload(images: number): void {
    if (this.#pendingImages + images <= this.#options.maxPendingImages) return;
    this.emit('rejected', { reason: 'overloaded' });
    const limit = this.#options.maxPendingImages;
    throw new EngineError('overloaded', `More than ${limit} images would be waiting; send fewer, or send them later.`);
  }

  #add(work: AnyWork): void {
    this.#work.set(work.id, work);
    if (work instanceof ScoreWork) this.#pendingImages++;
  }

  #send([first, ...others]: readonly ScoreWork[]): void {
    if (first && this.#supervisor.takesWork) this.#supervisor.send(ScoreWork.messageOf([first, ...others]));
  }

  /** Takes work out, to be answered by the caller; undefined when it has its answer already. */
  #settle<W extends AnyWork>(work: W | undefined): W | undefined {
    if (!work || !this.#work.delete(work.id)) return undefined;
    if (work instanceof ScoreWork) this.#pendingImages--;
    return work;
  }

  #abandon(work: ScoreWork, error: unknown): void {
    if (!this.#settle(work)) return;
    this.#supervisor.send({ type: 'cancel', id: work.id });
    work.reject(error);
  }

  /**
   * Cancels an adaptation. One that is under way is answered when it has let go, or was ended with its process after
   * the grace.
   */
  #cancel(work: AdaptWork, reason: unknown): NodeJS.Timeout | undefined {
    this.#supervisor.send({ type: 'cancel', id: work.id });
    if (!work.begun) {
      this.#settle(work)?.reject(reason);
      return undefined;
    }
    work.cancel = { reason };
    return setTimeout(this.#supervisor.interrupt(), this.#options.timing.cancelGraceMs);
  }

  #onMessage(message: EngineMessage): void {
    if (message.type === 'begun') this.#onBegun(message.ids);
    if (message.type === 'scored') this.#onScored(message);
    if (message.type === 'batchHalved') {
      const { work, backbone, batch } = message;
      this.emit('batchHalved', { work, backbone, batch });
    }
    if (!('id' in message)) return;
    const work = this.#work.get(message.id);
    if (message.type === 'progress') {
      this.#onProgress(work as AdaptWork | undefined, message.progress);
      return;
    }
    this.#supervisor.workDone();
    this.#settle(work);
    if (message.type === 'adapted') (work as AdaptWork | undefined)?.resolve();
    if (message.type === 'failed') work?.reject(errorOf(message.fault));
    if (message.type === 'cancelled') work?.reject(new Error('Work was cancelled that is waited for; this is a bug.'));
  }

  #onBegun(ids: readonly number[]): void {
    for (const id of ids) {
      const work = this.#work.get(id);
      if (work instanceof AdaptWork) work.begun = true;
    }
  }

  #onScored({ images, computeMs }: Extract<EngineMessage, { type: 'scored' }>): void {
    this.#supervisor.workDone();
    for (const { id, output } of images) {
      // Not as it came: that keeps the whole message.
      const map = new Float32Array(output.map);
      this.#settle(this.#work.get(id) as ScoreWork | undefined)?.resolve({ ...output, map });
    }
    this.emit('batch', { size: images.length, queuedMs: images.map(({ queuedMs }) => queuedMs), computeMs });
  }

  #onProgress(work: AdaptWork | undefined, progress: AdaptationProgress): void {
    if (work?.moved(progress)) this.#supervisor.workDone();
    if (work && !work.cancel) work.onProgress(progress);
  }

  #onEnd({ reason, description }: ChildEnd, inFlight: readonly number[]): void {
    if (reason === 'crash' || reason === 'hang') this.#countDeaths(inFlight, description);
    for (const work of this.#work.values()) {
      if (!(work instanceof AdaptWork)) continue;
      work.begun = false;
      if (work.cancel) this.#settle(work)?.reject(work.cancel.reason);
    }
    this.emit('restart', { reason, description });
  }

  #countDeaths(ids: readonly number[], description: string): void {
    for (const id of ids) {
      const work = this.#work.get(id);
      const error = work?.died(description);
      if (error) this.#settle(work)?.reject(error);
    }
  }
}

function checkImage({ side, data }: ScoringImage): void {
  const sizeBytes = side * side * 3;
  if (data.length === sizeBytes) return;
  throw new RangeError(
    `An RGB image of side ${side} has ${sizeBytes} bytes, not ${data.length}; resize it to the side.`,
  );
}
