import { totalmem } from 'node:os';
import type { ServerSettings } from '@mediclip/api';

const MiB = 1024 * 1024;

/** What a process has of its own: code, threads, connections, and values on the heap. */
const ownBytes = 200 * MiB;

/**
 * How the rest is shared out. Together it is three quarters: estimates are rounded up, but memory that was freed does
 * not come back at once. Images that are decoded have most of it, so that with 2 GB one of 64 million pixels is
 * decoded, whatever its kind.
 */
const shares = {
  decodingBytes: 0.46,
  storingBytes: 0.07,
  receivedBytes: 0.03,
  scoringBytes: 0.07,
  drawingBytes: 0.05,
  exportBytes: 0.03,
  archiveBytes: 0.03,
  jsonBytes: 0.02,
} satisfies Record<keyof ServerSettings['memory'] | 'decodingBytes', number>;

/** Bytes that a process may have in memory of each kind at once. */
export type MemoryShares = Readonly<Record<keyof typeof shares, number>>;

/** Those of a process that may have `limitBytes` of memory in all. */
export function memoryShares(limitBytes: number): MemoryShares {
  const bytes = Math.max(limitBytes - ownBytes, MiB);
  return Object.fromEntries(
    Object.entries(shares).map(([kind, share]) => [kind, Math.floor(share * bytes)]),
  ) as MemoryShares;
}

/** The memory that the container may have (cgroup), where there is a limit, or that the machine has. */
export function memoryOfContainer(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
