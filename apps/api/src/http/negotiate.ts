import { ProblemError } from '@mediclip/contracts';

/**
 * The media type of `offered` that the `Accept` header likes best (RFC 9110, 12.5.1), the first one when it has no wish. Throws
 * `not-acceptable`.
 */
export function negotiate<T extends string>(accept: string | undefined, offered: readonly T[]): T {
  if (accept === undefined || accept.trim() === '') return offered[0]!;
  const ranges = accept.split(',').map(parseRange);
  const best = offered
    .map((type, place) => ({ type, place, quality: qualityOf(type, ranges) }))
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality || a.place - b.place)[0];
  if (best) return best.type;
  throw new ProblemError('not-acceptable', `This answer comes as ${offered.join(' or ')}.`);
}

interface MediaRange {
  readonly range: string;
  readonly quality: number;
}

function parseRange(text: string): MediaRange {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
  return { range, quality: quality >= 0 && quality <= 1 ? quality : 0 };
}

/** By the most specific range that names the type. */
function qualityOf(type: string, ranges: readonly MediaRange[]): number {
  for (const name of [type, `${type.split('/', 1)[0]}/*`, '*/*']) {
    const found = ranges.find(({ range }) => range === name);
    if (found) return found.quality;
  }
  return 0;
}
