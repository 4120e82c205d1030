import type { AdaptationProgress, DetectorJob, DetectorReference } from '@mediclip/adaptation';
import type { AnomalyMap } from '@mediclip/maps';
import type { ScoringImage } from '../child/compute.js';
import { EngineError } from '../errors.js';
import type { Fault, WorkMessage } from '../protocol.js';

const phases: readonly AdaptationProgress['phase'][] = ['preparing', 'training', 'finishing'];

/** One image to score or one adaptation, from the call until its answer: it outlives the processes that work on it. */
abstract class Work<T> {
  readonly id: number;
  readonly answer: Promise<T>;
  /** How often the process died over it without getting further. */
  protected deaths = 0;
  #resolve!: (value: T) => void;
  #reject!: (error: unknown) => void;

  constructor(id: number) {
    this.id = id;
    this.answer = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** The message that hands it to an engine process. */
  abstract message(): WorkMessage;

  /** How often the process may die over it. */
  protected abstract readonly tolerance: number;

  resolve(value: T): void {
    this.#resolve(value);
  }

  reject(error: unknown): void {
    this.#reject(error);
  }

  /** The process died over this work. The error to give up with, or undefined when it shall be tried again. */
  died(description: string): EngineError | undefined {
    if (++this.deaths < this.tolerance) return undefined;
    const times = `${this.deaths} times`;
    return new EngineError(
      'crashed',
      `The engine process died ${times} over this work, the last time because ${description}.`,
    );
  }
}

/** One image that is to be scored. An image over which the process has died twice is given up. */
export class ScoreWork extends Work<AnomalyMap> {
  protected override readonly tolerance = 2;

  constructor(
    id: number,
    readonly detector: DetectorReference,
    readonly image: ScoringImage,
    readonly caller: string,
  ) {
    super(id);
  }

  override message(): WorkMessage {
    return ScoreWork.messageOf([this]);
  }

  /** One message for images of one call. */
  static messageOf(works: readonly [ScoreWork, ...ScoreWork[]]): WorkMessage {
    const [{ detector, caller }] = works;
    const images = works.map(({ id, image, deaths }) => ({ id, image, alone: deaths > 0 }));
    return { type: 'score', detector, caller, images };
  }
}

export class AdaptWork extends Work<void> {
  protected override readonly tolerance: number;
  /** Whether the present process has opened it. */
  begun = false;
  /** Set once its caller has gone: whatever comes of it, the answer is this reason. */
  cancel: { readonly reason: unknown } | undefined;
  #furthest: AdaptationProgress | undefined;

  constructor(
    id: number,
    readonly job: DetectorJob,
    attempts: number,
    readonly onProgress: (progress: AdaptationProgress) => void,
  ) {
    super(id);
    this.tolerance = attempts;
  }

  override message(): WorkMessage {
    return { type: 'adapt', id: this.id, job: this.job };
  }

  override resolve(): void {
    if (this.cancel) super.reject(this.cancel.reason);
    else super.resolve();
  }

  override reject(error: unknown): void {
    super.reject(this.cancel ? this.cancel.reason : error);
  }

  /** Notes progress, which forgives deaths when it goes beyond all that was reached before. True when it does. */
  moved(progress: AdaptationProgress): boolean {
    if (this.#furthest && !isFurther(progress, this.#furthest)) return false;
    const isFirst = this.#furthest === undefined;
    this.#furthest = progress;
    if (isFirst) return false;
    this.deaths = 0;
    return true;
  }
}

function isFurther(a: AdaptationProgress, b: AdaptationProgress): boolean {
  return a.phase === b.phase ? a.done > b.done : phases.indexOf(a.phase) > phases.indexOf(b.phase);
}

export function errorOf({ code, message, origin }: Fault): EngineError {
  return new EngineError(code, message, origin);
}
