import { corruptImage } from '../../image/image-error.js';
import type { EntropyReader } from './entropy-reader.js';

/** A canonical Huffman code (T.81, annex C and F.2.2.3): codes of equal length are consecutive numbers. */
export class HuffmanTable {
  /** For each code length the first code of that length minus its place in `values`. */
  private readonly bases: readonly number[];
  /** For each code length the first number that is no code of that length. */
  private readonly ends: readonly number[];

  /** `counts[i]` codes have `i + 1` bits; `values` are what they stand for, in order. */
  constructor(
    counts: Uint8Array,
    private readonly values: Uint8Array,
  ) {
    const bases: number[] = [];
    const ends: number[] = [];
    let code = 0;
    let place = 0;
    for (const count of counts) {
      bases.push(code - place);
      code += count;
      place += count;
      ends.push(code);
      code *= 2;
    }
    this.bases = bases;
    this.ends = ends;
  }

  /** Reads one code. Throws `corrupt-image` when the bits are none. */
  decode(reader: EntropyReader): number {
    let code = 0;
    for (let i = 0; i < this.ends.length; i++) {
      code = code * 2 + reader.bit();
      if (code < this.ends[i]!) {
        const value = this.values[code - this.bases[i]!];
        if (value !== undefined) return value;
      }
    }
    throw corruptImage('DICOM', 'a JPEG scan holds an unknown code');
  }
}
