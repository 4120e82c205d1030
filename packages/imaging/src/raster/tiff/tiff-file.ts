import { corruptImage } from '../../image/image-error.js';

/** Tags of TIFF 6.0 and its supplements that matter for pixels. */
export const tagCodes = {
  newSubfileType: 254,
  subfileType: 255,
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  stripOffsets: 273,
  orientation: 274,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planarConfiguration: 284,
  t4Options: 292,
  t6Options: 293,
  predictor: 317,
  colourMap: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  inkSet: 332,
  extraSamples: 338,
  sampleFormat: 339,
  jpegTables: 347,
  ycbcrCoefficients: 529,
  ycbcrSubsampling: 530,
  referenceBlackWhite: 532,
} as const;

const byteTypes = [1, 2, 6, 7];
const rationalTypes = [5, 10];
/** Bytes of a value by its type: BYTE, ASCII, SHORT, LONG, RATIONAL and so on (TIFF 6.0, section 2; BigTIFF). */
const typeBytes: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
  16: 8,
  17: 8,
  18: 8,
};
const bigTiff = 43;
const mostDirectories = 65_536;

interface Entry {
  /** Position of the entry itself. */
  readonly at: number;
  readonly type: number;
  readonly count: number;
  /** Position of its first value. */
  readonly start: number;
}

/** One page's tags. Values are read when they are asked for, so that a damaged tag that nobody needs does no harm. */
export class TiffDirectory {
  readonly #file: TiffFile;
  readonly #entries: ReadonlyMap<number, Entry>;
  /** Its position in the file. */
  readonly offset: number;

  constructor(file: TiffFile, entries: ReadonlyMap<number, Entry>, offset: number) {
    this.#file = file;
    this.offset = offset;
    this.#entries = entries;
  }

  has(tag: number): boolean {
    return this.#entries.has(tag);
  }

  /** The entries of these tags in their order, and the bytes of the values of each. */
  entriesOf(tags: ReadonlySet<number>): { readonly at: number; readonly start: number; readonly sizeBytes: number }[] {
    return [...this.#entries]
      .filter(([tag]) => tags.has(tag))
      .map(([, { at, start, count, type }]) => ({ at, start, sizeBytes: count * typeBytes[type]! }));
  }

  /** All values of a tag as numbers; undefined if it is absent or empty. Throws `corrupt-image` outside the file. */
  numbers(tag: number): readonly number[] | undefined {
    const entry = this.#entries.get(tag);
    if (!entry || entry.count === 0) return undefined;
    return Array.from({ length: entry.count }, (_, i) => this.#file.value(entry, i));
  }

  /** The first value of a tag. */
  number(tag: number): number | undefined {
    const entry = this.#entries.get(tag);
    return entry && entry.count > 0 ? this.#file.value(entry, 0) : undefined;
  }

  /** The bytes of a tag. */
  bytes(tag: number): Uint8Array | undefined {
    const entry = this.#entries.get(tag);
    return entry && this.#file.slice(entry.start, entry.count * typeBytes[entry.type]!);
  }
}

/** The directories of a TIFF or BigTIFF of either byte order. */
export class TiffFile {
  readonly littleEndian: boolean;
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #isBig: boolean;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.littleEndian = bytes[0] === 0x49;
    this.#isBig = this.#uint16(2) === bigTiff;
  }

  /**
   * All directories of the chain that the header starts. Throws `corrupt-image` if it leaves the file or is a circle.
   */
  directories(): TiffDirectory[] {
    const found: TiffDirectory[] = [];
    const visited = new Set<number>();
    for (let offset = this.#offset(this.#isBig ? 8 : 4); offset !== 0; ) {
      if (visited.has(offset) || visited.size === mostDirectories)
        throw corruptImage('TIFF', 'its pages form a circle');
      visited.add(offset);
      const { directory, next } = this.#directoryAt(offset);
      found.push(directory);
      offset = next;
    }
    if (found.length === 0) throw corruptImage('TIFF', 'it holds no page');
    return found;
  }

  /**
   * Copies the header, and a directory with these tags alone as the only one, to their places in `plain`. Throws
   * `corrupt-image` for values outside the file.
   */
  copyDirectory(directory: TiffDirectory, plain: Uint8Array, tags: ReadonlySet<number>): void {
    const [countBytes, entryBytes] = this.#isBig ? ([8, 20] as const) : ([2, 12] as const);
    const entries = directory.entriesOf(tags);
    for (const { at, start, sizeBytes } of entries) {
      const isInEntry = start > at && start < at + entryBytes;
      if (!isInEntry) plain.set(this.slice(start, sizeBytes), start);
    }
    const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
    plain.fill(0, directory.offset, directory.offset + countBytes + entries.length * entryBytes);
    plain.set(this.bytes.subarray(0, this.#isBig ? 8 : 4));
    if (this.#isBig) {
      view.setBigUint64(8, BigInt(directory.offset), this.littleEndian);
      view.setBigUint64(directory.offset, BigInt(entries.length), this.littleEndian);
    } else {
      view.setUint32(4, directory.offset, this.littleEndian);
      view.setUint16(directory.offset, entries.length, this.littleEndian);
    }
    entries.forEach(({ at }, index) => {
      const entry = this.bytes.subarray(at, at + entryBytes);
      plain.set(entry, directory.offset + countBytes + index * entryBytes);
    });
  }

  /** Throws `corrupt-image` if the bytes do not lie within the file. */
  slice(start: number, length: number): Uint8Array {
    if (start + length > this.bytes.length) throw corruptImage('TIFF', 'it ends inside its pixels');
    return this.bytes.subarray(start, start + length);
  }

  /** Value `index` of an entry: integers of all sizes, rationals and floating point. */
  value({ type, count, start }: Entry, index: number): number {
    const at = start + index * typeBytes[type]!;
    if (at + typeBytes[type]! > this.bytes.length || index >= count) throw outside();
    const view = this.#view;
    const little = this.littleEndian;
    if (byteTypes.includes(type)) return this.bytes[at]!;
    if (rationalTypes.includes(type)) return view.getUint32(at, little) / view.getUint32(at + 4, little);
    switch (type) {
      case 3:
        return view.getUint16(at, little);
      case 8:
        return view.getInt16(at, little);
      case 9:
        return view.getInt32(at, little);
      case 11:
        return view.getFloat32(at, little);
      case 12:
        return view.getFloat64(at, little);
      case 16:
      case 17:
      case 18:
        return Number(view.getBigUint64(at, little));
      default:
        return view.getUint32(at, little);
    }
  }

  #directoryAt(offset: number): { directory: TiffDirectory; next: number } {
    const [countBytes, entryBytes, inlineBytes] = this.#isBig ? [8, 20, 8] : [2, 12, 4];
    const count = this.#isBig ? this.#offset(offset) : this.#uint16(offset);
    const end = offset + countBytes + count * entryBytes;
    if (end > this.bytes.length) throw outside();
    const entries = new Map<number, Entry>();
    for (let at = offset + countBytes; at < end; at += entryBytes) {
      const tag = this.#uint16(at);
      const type = this.#uint16(at + 2);
      const values = this.#isBig ? this.#offset(at + 4) : this.#uint32(at + 4);
      const valueAt = at + entryBytes - inlineBytes;
      const bytes = values * (typeBytes[type] ?? 0);
      // Of a tag that comes twice the first counts, as in libtiff.
      if (bytes > 0 && !entries.has(tag)) {
        entries.set(tag, { at, type, count: values, start: bytes > inlineBytes ? this.#offset(valueAt) : valueAt });
      }
    }
    return { directory: new TiffDirectory(this, entries, offset), next: this.#offset(end) };
  }

  /** A position in the file, or a count: 4 bytes, in a BigTIFF 8. */
  #offset(at: number): number {
    if (!this.#isBig) return this.#uint32(at);
    if (at + 8 > this.bytes.length) throw outside();
    return Number(this.#view.getBigUint64(at, this.littleEndian));
  }

  #uint16(at: number): number {
    if (at + 2 > this.bytes.length) throw outside();
    return this.#view.getUint16(at, this.littleEndian);
  }

  #uint32(at: number): number {
    if (at + 4 > this.bytes.length) throw outside();
    return this.#view.getUint32(at, this.littleEndian);
  }
}

function outside() {
  return corruptImage('TIFF', 'its directory points outside the file');
}
