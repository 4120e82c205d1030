/** Chunks below this are copied: an object for each of them would cost hundreds of bytes. */
export const smallBytes = 1024;
const largestBlockBytes = 64 * 1024;

/**
 * Bytes that come in chunks, in memory. However small the chunks are (a client may send one byte in each), what is kept
 * takes little more than its bytes.
 */
export class GatheredBytes {
  readonly #pieces: Uint8Array[] = [];
  /** Where small chunks go; its first `#used` bytes follow the pieces. */
  #block = new Uint8Array(0);
  #used = 0;
  #sizeBytes = 0;

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  add(chunk: Uint8Array): void {
    this.#sizeBytes += chunk.length;
    if (chunk.length >= smallBytes) {
      this.#endBlock();
      this.#pieces.push(chunk);
      return;
    }
    if (chunk.length > this.#block.length - this.#used) {
      this.#endBlock();
      this.#block = new Uint8Array(Math.min(largestBlockBytes, Math.max(smallBytes, this.#sizeBytes)));
    }
    this.#block.set(chunk, this.#used);
    this.#used += chunk.length;
  }

  /** All that was added, in few pieces, in order. */
  pieces(): readonly Uint8Array[] {
    this.#endBlock();
    return this.#pieces;
  }

  /** All that was added in a buffer of its own, which can be moved to a thread. */
  joined(): Buffer<ArrayBuffer> {
    const bytes = Buffer.alloc(this.#sizeBytes);
    let at = 0;
    for (const piece of this.pieces()) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  #endBlock(): void {
    if (this.#used === 0) return;
    this.#pieces.push(this.#block.subarray(0, this.#used));
    this.#block = this.#block.subarray(this.#used);
    this.#used = 0;
  }
}
