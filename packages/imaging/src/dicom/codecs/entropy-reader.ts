import { corruptImage } from '../../image/image-error.js';

const isRestartMarker = (marker: number) => marker >= 0xd0 && marker <= 0xd7;

/**
 * Reads the bits of a JPEG scan, most significant first; 0xFF in the data is followed by a stuffed 0 (T.81, B.1.1.5).
 * Up to 32 bits are held at once; at a marker zeros fill them up, and none of those may be taken.
 */
export class EntropyReader {
  readonly #bytes: Uint8Array;
  #offset: number;
  /** The bits that are held, the next one being number `#count - 1`; those above it are gone. */
  #bits = 0;
  #count = 0;
  /** How many of the lowest bits are no data. */
  #filling = 0;

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  /**
   * The next 1 to 16 bits as an unsigned number, which are not taken yet. Throws `corrupt-image` when data is used up.
   */
  peek(count: number): number {
    if (this.#count < count) this.#fill();
    return (this.#bits >>> (this.#count - count)) & ((1 << count) - 1);
  }

  /** Takes bits that were peeked at. */
  skip(count: number): void {
    this.#count -= count;
  }

  /** Goes on behind a restart marker. Throws as `endOfScan` does, and where there is none. */
  skipRestartMarker(): void {
    const offset = this.endOfScan();
    if (!isRestartMarker(this.#bytes[offset + 1] ?? 0)) throw corruptImage('DICOM', 'a restart marker is missing');
    this.#offset = offset + 2;
    this.#count = 0;
    this.#filling = 0;
  }

  /**
   * Position of the marker that follows; the bits before it, up to a byte, are filling. Throws `corrupt-image` where
   * more bits were taken than there are, or fewer.
   */
  endOfScan(): number {
    this.#checkTaken();
    const { [this.#offset]: byte, [this.#offset + 1]: next } = this.#bytes;
    const isMarker = byte === 0xff && next !== 0;
    if (!isMarker || this.#count - this.#filling >= 8) throw corruptImage('DICOM', 'a JPEG scan is too long');
    return this.#offset;
  }

  #fill(): void {
    this.#checkTaken();
    const bytes = this.#bytes;
    while (this.#count <= 24) {
      const byte = this.#offset < bytes.length ? bytes[this.#offset]! : 0xff;
      if (byte !== 0xff) {
        this.#bits = (this.#bits << 8) | byte;
        this.#offset++;
      } else if (bytes[this.#offset + 1] === 0) {
        this.#bits = (this.#bits << 8) | 0xff;
        this.#offset += 2;
      } else {
        this.#bits <<= 8;
        this.#filling += 8;
      }
      this.#count += 8;
    }
  }

  #checkTaken(): void {
    if (this.#count < this.#filling) throw corruptImage('DICOM', 'a JPEG scan is cut short');
  }
}
