import { corruptImage } from '../../image/image-error.js';

const isRestartMarker = (marker: number) => marker >= 0xd0 && marker <= 0xd7;

/** Reads the bits of a JPEG scan, most significant first; 0xFF in the data is followed by a stuffed 0 (T.81, B.1.1.5). */
export class EntropyReader {
  private current = 0;
  private bitsLeft = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private offset: number,
  ) {}

  /** Throws `corrupt-image` at a marker or the end of the bytes. */
  bit(): number {
    if (this.bitsLeft === 0) {
      const isMarker = this.bytes[this.offset] === 0xff && this.bytes[this.offset + 1] !== 0;
      if (this.offset >= this.bytes.length || isMarker) throw corruptImage('DICOM', 'a JPEG scan is cut short');
      this.current = this.bytes[this.offset]!;
      this.offset += this.current === 0xff ? 2 : 1;
      this.bitsLeft = 8;
    }
    this.bitsLeft--;
    return (this.current >> this.bitsLeft) & 1;
  }

  /** An unsigned number of `count` bits. */
  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.bit();
    return value;
  }

  skipRestartMarker(): void {
    const offset = this.endOfScan();
    if (!isRestartMarker(this.bytes[offset + 1] ?? 0)) throw corruptImage('DICOM', 'a restart marker is missing');
    this.offset = offset + 2;
  }

  /** Position of the marker that follows; the bits before it, up to a byte, are filling. */
  endOfScan(): number {
    this.bitsLeft = 0;
    if (this.bytes[this.offset] !== 0xff) throw corruptImage('DICOM', 'a JPEG scan is too long');
    return this.offset;
  }
}
