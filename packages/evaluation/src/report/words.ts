import type { Figure, Interval, Outcome, ThresholdFigure } from '../outcome.js';
import { wilsonInterval } from '../statistics/proportion.js';

/** Three decimals: more than a test set can tell apart. */
export function round(value: number): string {
  return value.toFixed(3);
}

/** A share as a percentage of two digits that count, for example "0.20%", "3.1%", "12%". */
export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))}%`;
}

/** For example "0.912 (95% interval 0.850 to 0.950)", or the reason why there is no figure. */
export function figureInWords(figure: Figure | ThresholdFigure): string {
  return figure.defined ? `${round(figure.value)} (${intervalInWords(figure.interval)})` : figure.reason;
}

export function intervalInWords(interval: Outcome<Interval>, write: (value: number) => string = round): string {
  if (!interval.defined) return `no interval: ${interval.reason}`;
  return `${Math.round(100 * interval.level)}% interval ${write(interval.low)} to ${write(interval.high)}`;
}

/** Three decimals with their sign. */
export function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${round(Math.abs(value))}`;
}

/** For example "14 of 16 abnormal images (88%, 95% interval 64% to 97%)". */
export function shareInWords(part: number, whole: number, things: string): string {
  if (whole === 0) return `none of 0 ${things}`;
  const { low, high } = wilsonInterval(part, whole);
  const percent = (share: number) => `${Math.round(100 * share)}%`;
  return `${part} of ${whole} ${things} (${percent(part / whole)}, 95% interval ${percent(low)} to ${percent(high)})`;
}

/** For example "1 image", "2 images". */
export function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
