import { RangeNotSatisfiable } from './errors.js';
import type { ByteRange } from './object-store.js';

/** First byte and end (exclusive) of `range` in an object of `sizeBytes`. Throws `RangeNotSatisfiable`; an empty object has the range from 0. */
export function clampRange({ offset, length }: ByteRange, sizeBytes: number): [start: number, end: number] {
  if (!Number.isSafeInteger(offset) || offset < 0 || (offset > 0 && offset >= sizeBytes)) {
    throw new RangeNotSatisfiable(`The object has ${sizeBytes} bytes: ask for a range that begins before its end.`);
  }
  return [offset, length === undefined ? sizeBytes : Math.min(offset + Math.max(length, 0), sizeBytes)];
}
