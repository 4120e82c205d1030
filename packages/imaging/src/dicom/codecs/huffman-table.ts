import { corruptImage } from '../../image/image-error.js';
import type { EntropyReader } from './entropy-reader.js';

const longestCode = 16;
/** Codes of up to so many bits are looked up at once; the others are rare. */
const lookUpBits = 10;

/** A canonical Huffman code (T.81, annex C and F.2.2.3): codes of equal length are consecutive numbers. */
export class HuffmanTable {
  readonly #values: Uint8Array;
  /**
   * By the next `lookUpBits` bits: 256 times the length of the code they begin with, plus its value; 0 for a longer
   * one.
   */
  readonly #short = new Uint16Array(2 ** lookUpBits);
  /** For each code length the first code of that length minus its place in `values`. */
  readonly #bases = new Int32Array(longestCode + 1);
  /** For each code length the first number that is no code of that length. */
  readonly #ends = new Int32Array(longestCode + 1);

  /** `counts[i]` codes have `i + 1` bits, for 1 to 16 bits; `values` are what they stand for, in order. */
  constructor(counts: Uint8Array, values: Uint8Array) {
    this.#values = values;
    let code = 0;
    let place = 0;
    for (let length = 1; length <= longestCode; length++) {
      this.#bases[length] = code - place;
      for (let i = 0; i < (counts[length - 1] ?? 0); i++) this.#add(code++, length, values[place++] ?? 0);
      this.#ends[length] = code;
      code *= 2;
    }
  }

  /** Reads one code. Throws `corrupt-image` when the bits are none. */
  decode(reader: EntropyReader): number {
    const entry = this.#short[reader.peek(lookUpBits)]!;
    if (entry === 0) return this.#decodeLong(reader);
    reader.skip(entry >> 8);
    return entry & 0xff;
  }

  #add(code: number, length: number, value: number): void {
    if (length > lookUpBits) return;
    const first = code << (lookUpBits - length);
    this.#short.fill((length << 8) | value, first, first + (1 << (lookUpBits - length)));
  }

  #decodeLong(reader: EntropyReader): number {
    for (let length = lookUpBits + 1; length <= longestCode; length++) {
      const code = reader.peek(length);
      const value = code < this.#ends[length]! ? this.#values[code - this.#bases[length]!] : undefined;
      if (value === undefined) continue;
      reader.skip(length);
      return value;
    }
    throw corruptImage('DICOM', 'a JPEG scan holds an unknown code');
  }
}
