import { IncomingMessage } from 'node:http';
import { GatheredBytes, smallBytes } from './gathered-bytes.js';

/** What gathered bytes are queued in, however many more may come. */
const blockBytes = 4096;
/** Small chunks that a connection may send before others have their turn: reading one takes a microsecond. */
const chunksAtOnce = 1024;

/**
 * A request whose body comes in few pieces, however small its chunks are: small ones are gathered until this turn of
 * the event loop is over. Node would hand on each alone, an object each, and queues a body that is not read yet up to
 * its high-water mark of bytes without counting them: 64 KiB in single bytes would be 7 MB.
 */
export class CompactRequest extends IncomingMessage {
  #gathered = new GatheredBytes();
  /** In how many chunks that came. */
  #chunks = 0;
  #isDue = false;

  override push(chunk: Uint8Array | null, encoding?: BufferEncoding): boolean {
    if (chunk === null || chunk.length >= smallBytes) {
      this.#queue();
      return super.push(chunk, encoding);
    }
    this.#gathered.add(chunk);
    this.#chunks++;
    if (this.#gathered.sizeBytes >= blockBytes) return this.#queue();
    this.#queueSoon();
    const waitingBytes = this.readableLength + this.#gathered.sizeBytes;
    return waitingBytes < this.readableHighWaterMark && this.#chunks < chunksAtOnce;
  }

  // biome-ignore lint/suspicious/noExplicitAny: as Readable has it
  override read(size?: number): any {
    const chunk = super.read(size);
    this.#queueSoon();
    return chunk;
  }

  /** Sees to it that whoever has read all that is queued gets what was gathered. */
  #queueSoon(): void {
    if (this.#isDue || this.readableLength > 0 || this.#gathered.sizeBytes === 0) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      if (!this.destroyed) this.#queue();
    });
  }

  /** Queues what was gathered; says whether there is room for more. */
  #queue(): boolean {
    if (this.#gathered.sizeBytes === 0) return true;
    const bytes = this.#gathered.joined();
    this.#gathered = new GatheredBytes();
    this.#chunks = 0;
    return super.push(bytes);
  }
}
