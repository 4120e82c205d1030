import { createHash } from 'node:crypto';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';

/** How much is hashed without a pause, about 10 ms. */
const sliceBytes = 4 * 1024 * 1024;

/** Chunks that are hashed as they pass. */
export interface HashedChunks extends AsyncIterable<Uint8Array> {
  /** Bytes that have passed. */
  readonly sizeBytes: number;

  /** SHA-256 of what has passed, hexadecimal. Call it once, at the end. */
  digest(): string;
}

/**
 * The chunks of `source` with their SHA-256, so that what is stored or sent on needs no second reading. Read it once.
 *
 * @example
 * const hashed = hashing(request);
 * await pipeline(hashed, createWriteStream(file));
 * hashed.digest();
 */
export function hashing(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): HashedChunks {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    digest: () => hash.digest('hex'),
    async *[Symbol.asyncIterator]() {
      for await (const chunk of source) {
        for (let begin = 0; begin < chunk.byteLength; begin += sliceBytes) {
          if (begin > 0) await yieldToEventLoop();
          hash.update(chunk.subarray(begin, begin + sliceBytes));
        }
        sizeBytes += chunk.byteLength;
        yield chunk;
      }
    },
  };
}

/** SHA-256 of `bytes`, hexadecimal. The event loop goes on meanwhile, however many bytes there are. */
export async function sha256Of(bytes: Uint8Array): Promise<string> {
  const hashed = hashing([bytes]);
  for await (const _ of hashed);
  return hashed.digest();
}
