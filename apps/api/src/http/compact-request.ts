import { IncomingMessage } from 'node:http';
import { GatheredBytes, smallBytes } from './gathered-bytes.js';

/** What gathered bytes are handed on in, however many more may come. */
const blockBytes = 4096;

/**
 * A request whose body waits in few pieces, however small its chunks are. Node queues a body that is not read yet up to
 * its high-water mark of bytes and counts no chunks, an object each: 64 KiB in single bytes would be 7 MB.
 */
export class CompactRequest extends IncomingMessage {
  /** Small chunks that came behind what is queued. */
  #gathered = new GatheredBytes();

  override push(chunk: Uint8Array | null, encoding?: BufferEncoding): boolean {
    const isSmall = chunk !== null && chunk.length < smallBytes;
    // Who waits for the body has read all that was queued, and is given what comes as it comes.
    if (!isSmall || this.readableLength === 0) {
      this.#handOn();
      return super.push(chunk, encoding);
    }
    this.#gathered.add(chunk);
    if (this.#gathered.sizeBytes >= blockBytes) return this.#handOn();
    return this.readableLength + this.#gathered.sizeBytes < this.readableHighWaterMark;
  }

  // biome-ignore lint/suspicious/noExplicitAny: as Readable has it
  override read(size?: number): any {
    if (this.readableLength < (size ?? 1)) this.#handOn();
    return super.read(size);
  }

  /** Queues what was gathered; says whether there is room for more. */
  #handOn(): boolean {
    if (this.#gathered.sizeBytes === 0) return true;
    const bytes = this.#gathered.joined();
    this.#gathered = new GatheredBytes();
    return super.push(bytes);
  }
}
