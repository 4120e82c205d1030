import { v7 } from 'uuid';

const canonicalId = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A new UUID of version 7; ids of one process rise. */
export function newId(): string {
  return v7();
}

/** Whether `text` is an id as this service writes them, in lower case. Anything else can't be the id of a record. */
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
