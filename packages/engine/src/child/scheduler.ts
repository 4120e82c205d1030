import type { DetectorReference } from '@mediclip/adaptation';

/** The numbers of images that a batch may have where graphs are written for fixed shapes. */
export const batchShapes: readonly number[] = [1, 2, 4, 8, 16];

/** One image to score. */
export interface ScoreRequest {
  readonly id: number;
  /** Whose request it is: callers take turns. */
  readonly caller: string;
  readonly detector: DetectorReference;
  /** Pixels per side of the image. */
  readonly side: number;
  /** Not to be batched with others: it was in the batch during which the process died or failed. */
  readonly alone: boolean;
}

/** A request as it waits, with the time (ms) it came. */
export interface WaitingScore extends ScoreRequest {
  readonly arrived: number;
}

/**
 * The next thing to do. Only one is under way at a time; its outcome is told through the scheduler's method of the same
 * name.
 */
export type Operation =
  /** Ask for the detector's tower key. */
  | { readonly kind: 'resolve'; readonly detector: DetectorReference; readonly requests: readonly WaitingScore[] }
  /** Score images of one tower key. */
  | { readonly kind: 'score'; readonly requests: readonly WaitingScore[] }
  /** Free a detector's memory. */
  | { readonly kind: 'forget'; readonly detectorId: string }
  /** Open an adaptation. */
  | { readonly kind: 'open'; readonly adaptation: number }
  /** Do the open adaptation's next piece of work. */
  | { readonly kind: 'advance'; readonly adaptation: number }
  /** Let go of the open adaptation, after a checkpoint if it shall go on later. */
  | { readonly kind: 'close'; readonly adaptation: number; readonly checkpoint: boolean };

export interface SchedulerOptions {
  /** A batch has one of these numbers of images, which ascend from 1, ... */
  readonly batchSizes: readonly number[];
  /** ... and at most this many pixels, unless a single image has more. */
  readonly batchPixels: number;
  /** While an adaptation is open, at most this many operations for scores run between two of its pieces of work. */
  readonly scoresPerAdvance: number;
}

const defaultSchedulerOptions: SchedulerOptions = {
  batchSizes: batchShapes,
  batchPixels: 16 * 336 * 336,
  scoresPerAdvance: 4,
};

export interface SchedulerGauges {
  /** Images that wait to be scored. */
  readonly waitingScores: number;
  /** Adaptations that wait for the open one to end. */
  readonly waitingAdaptations: number;
  readonly adaptationOpen: boolean;
}

/** The requests of one batch group by caller. A Map keeps its order: who was served goes to the end. */
type Group = Map<string, WaitingScore[]>;

/**
 * Decides what the engine does next. A pure state machine: it owns no timer, calls nobody and is told the time (ms, any
 * origin).
 *
 * - Groups of requests (one tower key and image side) take turns, and so do the callers within a group; each caller's
 *   requests stay in order.
 * - A batch is the largest of `batchSizes` that the group fills and the budget allows; nothing waits for a batch to
 *   fill up.
 * - One adaptation is open at a time; others wait in order. Waiting scores run between its pieces of work, within
 *   `scoresPerAdvance`, and any number of them while it waits for what others compute.
 * - Requests whose caller has gone are dropped before they run.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  #unresolved: WaitingScore[] = [];
  readonly #groups = new Map<string, Group>();
  readonly #forgotten = new Set<string>();
  readonly #adaptations: number[] = [];
  #open: number | undefined;
  #closing = false;
  #waitsToAdvance = false;
  #scoresSinceAdvance = 0;
  #draining = false;
  #running: Operation | undefined;

  constructor(options: Partial<SchedulerOptions> = {}) {
    this.#options = { ...defaultSchedulerOptions, ...options };
  }

  score(request: ScoreRequest, now: number): void {
    this.#unresolved.push({ ...request, arrived: now });
  }

  adapt(id: number): void {
    this.#adaptations.push(id);
  }

  forget(detectorId: string): void {
    this.#forgotten.add(detectorId);
  }

  /**
   * The caller of this request or adaptation has gone. True when it was waiting and is dropped; false when it is under
   * way (an open adaptation is closed next) or unknown.
   */
  cancel(id: number): boolean {
    const opening = this.#running?.kind === 'open' ? this.#running.adaptation : undefined;
    if (id === this.#open || id === opening) {
      this.#closing = true;
      return false;
    }
    const place = this.#adaptations.indexOf(id);
    if (place >= 0) this.#adaptations.splice(place, 1);
    return place >= 0 || this.#drop(id);
  }

  /** From now on only the open adaptation is closed, with a checkpoint; what waits stays where it is. */
  drain(): void {
    this.#draining = true;
  }

  /** True once nothing is under way or open after `drain`. */
  get drained(): boolean {
    return this.#draining && this.#running === undefined && this.#open === undefined;
  }

  get gauges(): SchedulerGauges {
    let waitingScores = this.#unresolved.length;
    for (const group of this.#groups.values()) waitingScores += size(group);
    return { waitingScores, waitingAdaptations: this.#adaptations.length, adaptationOpen: this.#open !== undefined };
  }

  /** Whether the open adaptation needs something that others compute. */
  get waitsToAdvance(): boolean {
    return this.#waitsToAdvance;
  }

  /** What to do now, or undefined when there is nothing. The outcome must be told before the next call. */
  next(): Operation | undefined {
    if (this.#running)
      throw new Error(`The scheduler was asked while '${this.#running.kind}' is under way; this is a bug.`);
    this.#running = this.#choose();
    return this.#running;
  }

  /** The detector's tower key is known: its requests may run. */
  resolved(towerKey: string): void {
    for (const request of this.#finish('resolve').requests) this.#enqueue(request, towerKey);
  }

  /** The detector cannot be read: its requests are dropped, and the caller of this method answers them. */
  resolveFailed(): void {
    this.#finish('resolve');
  }

  scored(): void {
    this.#finish('score');
  }

  /** The batch failed. The requests that failed by themselves; those of a larger batch run again, one by one. */
  scoreFailed(): readonly WaitingScore[] {
    const { requests } = this.#finish('score');
    if (requests.length === 1) return requests;
    for (const request of requests) this.#unresolved.push({ ...request, alone: true });
    return [];
  }

  forgotten(): void {
    this.#finish('forget');
  }

  opened(): void {
    this.#finish('open');
    this.#open = this.#adaptations.shift();
  }

  openFailed(): void {
    this.#finish('open');
    this.#adaptations.shift();
    this.#closing = false;
  }

  /**
   * `done` when the adaptation ended, complete or failed: it is closed next. `waits` when it needs something that
   * others compute: until `readyToAdvance` only scores go on.
   */
  advanced(done: boolean, waits = false): void {
    this.#finish('advance');
    if (done) this.#closing = true;
    this.#waitsToAdvance = waits;
  }

  /** What the adaptation waited for is there; no-op when it is not the open one any more. */
  readyToAdvance(adaptation: number): void {
    if (adaptation === this.#open) this.#waitsToAdvance = false;
  }

  closed(): void {
    this.#finish('close');
    this.#open = undefined;
    this.#closing = false;
    this.#waitsToAdvance = false;
  }

  #choose(): Operation | undefined {
    const open = this.#open;
    if (open !== undefined && this.#closing) return { kind: 'close', adaptation: open, checkpoint: false };
    if (this.#draining) return open === undefined ? undefined : { kind: 'close', adaptation: open, checkpoint: true };
    const [detectorId] = this.#forgotten;
    if (detectorId !== undefined) {
      this.#forgotten.delete(detectorId);
      return { kind: 'forget', detectorId };
    }
    const training = this.#chooseTraining();
    if (training && this.#scoresSinceAdvance >= this.#options.scoresPerAdvance) {
      this.#scoresSinceAdvance = 0;
      return training;
    }
    const scoring = this.#chooseScoring();
    if (scoring) {
      this.#scoresSinceAdvance++;
      return scoring;
    }
    this.#scoresSinceAdvance = 0;
    return training;
  }

  #chooseTraining(): Operation | undefined {
    if (this.#waitsToAdvance) return undefined;
    if (this.#open !== undefined) return { kind: 'advance', adaptation: this.#open };
    const [adaptation] = this.#adaptations;
    return adaptation === undefined ? undefined : { kind: 'open', adaptation };
  }

  #chooseScoring(): Operation | undefined {
    const [first] = this.#unresolved;
    if (first) {
      const same = ({ detector }: WaitingScore) => sameDetector(detector, first.detector);
      const requests = this.#unresolved.filter(same);
      this.#unresolved = this.#unresolved.filter((request) => !same(request));
      return { kind: 'resolve', detector: first.detector, requests };
    }
    for (const [key, group] of this.#groups) {
      const requests = takeTurns(group, this.#batchSize(group));
      this.#groups.delete(key);
      if (group.size > 0) this.#groups.set(key, group);
      return { kind: 'score', requests };
    }
    return undefined;
  }

  #batchSize(group: Group): number {
    const [first] = group.values().next().value!;
    const pixels = first!.side ** 2;
    const budget = Math.min(Math.floor(this.#options.batchPixels / pixels), size(group));
    return this.#options.batchSizes.findLast((images) => images <= budget) ?? 1;
  }

  #enqueue(request: WaitingScore, towerKey: string): void {
    const key = JSON.stringify([towerKey, request.side, request.alone ? request.id : null]);
    let group = this.#groups.get(key);
    if (!group) {
      group = new Map();
      this.#groups.set(key, group);
    }
    const waiting = group.get(request.caller);
    if (waiting) waiting.push(request);
    else group.set(request.caller, [request]);
  }

  /** Drops the waiting request with this id; false when there is none. */
  #drop(id: number): boolean {
    if (takeOut(this.#unresolved, id)) return true;
    for (const [key, group] of this.#groups) {
      for (const [caller, requests] of group) {
        if (!takeOut(requests, id)) continue;
        if (requests.length === 0) group.delete(caller);
        if (group.size === 0) this.#groups.delete(key);
        return true;
      }
    }
    return false;
  }

  #finish<K extends Operation['kind']>(kind: K): Extract<Operation, { kind: K }> {
    const running = this.#running;
    if (running?.kind !== kind)
      throw new Error(`The scheduler was told of '${kind}' during '${running?.kind}'; this is a bug.`);
    this.#running = undefined;
    return running as Extract<Operation, { kind: K }>;
  }
}

/** Takes the request with this id out of the list; false when it is not there. */
function takeOut(requests: WaitingScore[], id: number): boolean {
  const place = requests.findIndex((request) => request.id === id);
  if (place >= 0) requests.splice(place, 1);
  return place >= 0;
}

function size(group: Group): number {
  let sum = 0;
  for (const requests of group.values()) sum += requests.length;
  return sum;
}

/** Takes `count` requests out of the group, one of each caller in turn. */
function takeTurns(group: Group, count: number): WaitingScore[] {
  const taken: WaitingScore[] = [];
  while (taken.length < count) {
    const [caller, requests] = group.entries().next().value!;
    taken.push(requests.shift()!);
    group.delete(caller);
    if (requests.length > 0) group.set(caller, requests);
  }
  return taken;
}

function sameDetector(a: DetectorReference, b: DetectorReference): boolean {
  return a.id === b.id && a.folder === b.folder;
}
