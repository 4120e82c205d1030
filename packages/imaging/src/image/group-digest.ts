import { createHash } from 'node:crypto';

const digits = 32;

/**
 * The name of the group of a series or a volume: equal for equal content or UIDs, and of which nobody can tell whose it
 * is.
 */
export function groupDigest(kind: 'series' | 'volume', content: string | Uint8Array): string {
  return `${kind}-${createHash('sha256').update(`${kind}\n`).update(content).digest('hex').slice(0, digits)}`;
}
