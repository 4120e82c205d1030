import { SingleBar } from 'cli-progress';
import type { Output } from './output.js';

export interface ProgressStep {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  readonly loss?: number | undefined;
}

/** The rate of this run, once there is one. */
interface Timing {
  readonly perSecond?: number;
  readonly etaSeconds?: number;
}

const redrawEveryMs = 100;

/**
 * Shows work: a bar with loss, rate and time left on a terminal, a line for every tenth of a phase elsewhere, an event
 * for every step with `--json`. The rate is that of this run, so that a resumed one tells the truth.
 */
export class Progress {
  #phase = '';
  #startedAt = 0;
  #startedFrom = 0;
  #shownTenth = -1;
  #last: ProgressStep | undefined;
  #bar: SingleBar | undefined;

  readonly #output: Output;
  readonly #unit: string;

  constructor(output: Output, unit: string) {
    this.#output = output;
    this.#unit = unit;
  }

  update(step: ProgressStep): void {
    if (step.phase === this.#last?.phase && step.done === this.#last.done) return;
    this.#last = step;
    if (step.phase !== this.#phase) this.#begin(step);
    const timing = this.#timing(step);
    this.#output.event({ event: 'progress', ...step, ...timing });
    if (this.#output.json) return;
    if (this.#bar) this.#bar.update(step.done, { details: details(step, timing, this.#unit) });
    else this.#showTenth(step, timing);
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #begin({ phase, done, total }: ProgressStep): void {
    this.stop();
    this.#phase = phase;
    this.#startedAt = performance.now();
    this.#startedFrom = done;
    this.#shownTenth = -1;
    if (this.#output.json || !process.stderr.isTTY) return;
    this.#bar = new SingleBar({
      format: `${phase.padEnd(10)} {bar} {value}/{total} {details}`,
      stream: process.stderr,
      hideCursor: true,
      fps: 1000 / redrawEveryMs,
      barsize: 24,
    });
    this.#bar.start(total, done, { details: '' });
  }

  #timing({ done, total }: ProgressStep): Timing {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const gained = done - this.#startedFrom;
    if (gained < 1 || seconds <= 0) return {};
    const perSecond = gained / seconds;
    return { perSecond: round(perSecond), etaSeconds: Math.round((total - done) / perSecond) };
  }

  #showTenth(step: ProgressStep, timing: Timing): void {
    const tenth = Math.floor((10 * step.done) / step.total);
    if (tenth === this.#shownTenth) return;
    this.#shownTenth = tenth;
    this.#output.remark(`${step.phase} ${step.done}/${step.total} ${details(step, timing, this.#unit)}`.trimEnd());
  }
}

function details({ loss }: ProgressStep, timing: { perSecond?: number; etaSeconds?: number }, unit: string): string {
  const parts = [];
  if (loss !== undefined) parts.push(`loss ${loss.toFixed(4)}`);
  if (timing.perSecond !== undefined) parts.push(`${timing.perSecond} ${unit}/s`, `${timing.etaSeconds} s left`);
  return parts.join(', ');
}

const round = (value: number): number => Number(value.toPrecision(3));
