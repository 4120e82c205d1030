import { GatheredBytes } from '../http/gathered-bytes.js';

/** The stream ended before what was asked of it. */
export class StreamTooShort extends Error {
  override readonly name = 'StreamTooShort';
}

/** Takes pieces of known length from a stream of chunks. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next `count` bytes, in memory, each piece once `onBytes` allowed it. Throws `StreamTooShort`. */
  async read(count: number, onBytes?: (bytes: number) => void): Promise<Buffer> {
    const bytes = new GatheredBytes();
    for await (const piece of this.take(count)) {
      onBytes?.(piece.length);
      bytes.add(piece);
    }
    return bytes.joined();
  }

  /** The next `count` bytes as they come. Throws `StreamTooShort`. */
  async *take(count: number): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0; ) {
      if (this.#held.length === 0 && !(await this.#fill())) throw new StreamTooShort(`${left} bytes are missing`);
      const piece = this.#held.subarray(0, left);
      this.#held = this.#held.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  /** Everything that is left, in memory, each piece once `onBytes` allowed it. */
  async rest(onBytes: (bytes: number) => void): Promise<Buffer> {
    const bytes = new GatheredBytes();
    for (; this.#held.length > 0 || (await this.#fill()); this.#held = new Uint8Array(0)) {
      onBytes(this.#held.length);
      bytes.add(this.#held);
    }
    return bytes.joined();
  }

  /** Reads to the end, which the digest of a body needs; whether there was nothing left. */
  async isAtEnd(): Promise<boolean> {
    const isEmpty = this.#held.length === 0 && !(await this.#fill());
    while (!isEmpty && (await this.#fill()));
    return isEmpty;
  }

  /** Lets go of the stream, which somebody else may read on. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #fill(): Promise<boolean> {
    for (;;) {
      const { done, value } = await this.#chunks.next();
      if (done) return false;
      if (value.length === 0) continue;
      this.#held = value;
      return true;
    }
  }
}
