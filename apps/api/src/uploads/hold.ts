import { type SpooledFile, spool } from '@mediclip/intake';
import type { ByteBudget, Lease } from '@mediclip/threads';

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
  const held: Uint8Array[] = [];
  const leases: Lease[] = [];
  const lease: Lease = {
    giveBack() {
      for (const part of leases) part.giveBack();
    },
  };
  let sizeBytes = 0;
  try {
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      const chunk = next.value;
      const room = sizeBytes + chunk.length <= heldBytes ? memory.takeNow(chunk.length) : undefined;
      if (!room) {
        const spooled = await spool(resumed([...held.splice(0), chunk], chunks), await path(), {
          maximumBytes,
          signal,
        });
        lease.giveBack();
        return spooled;
      }
      leases.push(room);
      held.push(chunk);
      sizeBytes += chunk.length;
    }
  } catch (error) {
    lease.giveBack();
    throw error;
  }
  return { bytes: joined(held, sizeBytes), sizeBytes, isTooLarge: false, lease };
}

async function* resumed(first: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/** One buffer of its own, which can be moved to a thread. */
function joined(chunks: readonly Uint8Array[], sizeBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
