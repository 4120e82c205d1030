import { createHash } from 'node:crypto';
import { v7 } from 'uuid';

const canonicalId = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A new UUID of version 7; ids of one process rise. */
export function newId(): string {
  return v7();
}

/** Where something stands in what made it: files in the order of arrival, frames within their file, both from 0. */
export interface Place {
  readonly file: number;
  readonly frame: number;
}

const frameBits = 12;
const orderBits = 32;
const digestBits = 42n;

/**
 * The id of one of many things that the request `parentId` (a UUID of version 7) makes. It is a UUID of version 7 too,
 * with its parent's time; its next 32 bits are `place`, so that ids order things as they came, and the rest are of a
 * digest of `parentId`, `place` and `content`. So a request that is repeated makes the same ids, and the same id means
 * the same content.
 */
export function idWithin(parentId: string, place: Place, content: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([parentId, place.file, place.frame, content]))
    .digest();
  const file = Math.min(place.file, 2 ** (orderBits - frameBits) - 1);
  const order = BigInt(file * 2 ** frameBits + Math.min(place.frame, 2 ** frameBits - 1));
  const time = BigInt(timeOfId(parentId));
  const fields = [
    [time, 48n],
    [7n, 4n],
    [order >> 20n, 12n],
    [2n, 2n],
    [order & 0xfffffn, 20n],
    [digest.readBigUInt64BE() >> (64n - digestBits), digestBits],
  ] as const;
  const bits = fields.reduce((all, [value, width]) => (all << width) | value, 0n);
  return withHyphens(bits);
}

/** The id of what happened at `timeMs` and that `content` tells from everything else: always the same. */
export function idFrom(timeMs: number, content: string): string {
  const version = 7n;
  const variant = 2n;
  const digest = createHash('sha256').update(content).digest();
  const bits =
    (BigInt(timeMs) << 80n) |
    (version << 76n) |
    ((digest.readBigUInt64BE(0) & 0xfffn) << 64n) |
    (variant << 62n) |
    (digest.readBigUInt64BE(8) >> 2n);
  return withHyphens(bits);
}

function withHyphens(bits: bigint): string {
  return bits
    .toString(16)
    .padStart(32, '0')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Whether `text` is an id as this service writes them, in lower case. Anything else cannot be the id of a record. */
export function isId(text: string): boolean {
  return canonicalId.test(text);
}

/** When an id was made, milliseconds since 1970. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** Sorts before every id made at `timeMs` or later, and after every earlier one. */
export function idBoundary(timeMs: number): string {
  const hex = Math.max(0, timeMs).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-`;
}
