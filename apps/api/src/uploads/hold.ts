import { type SpooledFile, spool } from '@mediclip/intake';
import type { ByteBudget, Lease } from '@mediclip/threads';
import { GatheredBytes } from '../http/gathered-bytes.js';

/** Bytes that came and are in memory, until `lease` is given back. */
export interface HeldFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sizeBytes: number;
  readonly isTooLarge: false;
  readonly lease: Lease;
}

export interface HoldOptions {
  /** The largest file. */
  readonly maximumBytes: number;
  /** Bytes that may stay in memory of this file. */
  readonly heldBytes: number;
  /** The budget of the process for all that is held. */
  readonly memory: ByteBudget;
  /** Where the file goes otherwise. */
  readonly path: () => Promise<string>;
  readonly signal: AbortSignal;
}

/**
 * Keeps what comes in memory, or writes it to a new file where it is larger than `heldBytes` or memory is short.
 * Rejects as `spool` does; what stays in memory needs no disk.
 */
export async function hold(
  content: AsyncIterable<Uint8Array>,
  { maximumBytes, heldBytes, memory, path, signal }: HoldOptions,
): Promise<HeldFile | SpooledFile> {
  const chunks = content[Symbol.asyncIterator]();
  const held = new GatheredBytes();
  const lease = memory.takeInPieces();
  try {
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      const chunk = next.value;
      if (held.sizeBytes + chunk.length <= heldBytes && lease.grow(chunk.length)) {
        held.add(chunk);
        continue;
      }
      const spooled = await spool(resumed([...held.pieces(), chunk], chunks), await path(), { maximumBytes, signal });
      lease.giveBack();
      return spooled;
    }
  } catch (error) {
    lease.giveBack();
    throw error;
  }
  return { bytes: held.joined(), sizeBytes: held.sizeBytes, isTooLarge: false, lease };
}

async function* resumed(first: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}
