import { corruptImage, ImageError } from '../image/image-error.js';

const WIDTH = 256;
const HEIGHT = 257;
const BITS_PER_SAMPLE = 258;
const PHOTOMETRIC = 262;
const STRIP_OFFSETS = 273;
const STRIP_BYTE_COUNTS = 279;
const TILE_OFFSETS = 324;
const TILE_BYTE_COUNTS = 325;
const SAMPLE_FORMAT = 339;
const ENTRY_BYTES = 12;
const SHORT = 3;
const LONG = 4;

const BLACK_IS_ZERO = 1;
export const PALETTE_COLOUR = 3;

const UNSIGNED = 1;
const SIGNED = 2;

/** What a page's directory says about its samples (TIFF 6.0, sections 8 and 19). */
export interface TiffPage {
  readonly photometric: number;
  readonly bitsPerSample: number;
  /** Whether 16-bit samples are signed; `bytes` then declares them unsigned, for libvips cuts negative values off. */
  readonly signed16: boolean;
  /** The file as libvips reads it without loss. */
  readonly bytes: Uint8Array;
}

interface Entry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  /** Position of the four bytes that hold the value or point to it. */
  readonly valueOffset: number;
}

interface Directory {
  readonly entries: readonly Entry[];
  /** Position of the pointer that leads to this directory. */
  readonly pointerOffset: number;
  readonly nextOffset: number;
}

/**
 * Reads the directory of one page and, where libvips would refuse or clip it (no photometric tag, signed 16-bit
 * samples), appends an amended copy of the directory to a copy of the file.
 */
export function readTiffPage(bytes: Uint8Array, page: number): TiffPage {
  const file = new TiffFile(bytes);
  const { directory, read } = file.page(page);
  const photometric = read(PHOTOMETRIC);
  const bitsPerSample = read(BITS_PER_SAMPLE) ?? 1;
  const signed16 = bitsPerSample === 16 && read(SAMPLE_FORMAT) === SIGNED;
  if (read(WIDTH) === undefined || read(HEIGHT) === undefined) throw corruptImage('TIFF', 'its size is missing');
  file.checkPixelsInside(directory);

  const amendments = new Map<number, number>();
  if (photometric === undefined) amendments.set(PHOTOMETRIC, BLACK_IS_ZERO);
  if (signed16) amendments.set(SAMPLE_FORMAT, UNSIGNED);
  return {
    photometric: photometric ?? BLACK_IS_ZERO,
    bitsPerSample,
    signed16,
    bytes: amendments.size > 0 ? file.withAmended(directory, amendments) : bytes,
  };
}

class TiffFile {
  private readonly view: DataView;
  private readonly littleEndian: boolean;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.littleEndian = bytes[0] === 0x49;
    if (this.uint16(2) === 43) {
      throw new ImageError(
        'unsupported-encoding',
        'The file is a BigTIFF, which is not supported; save it as a plain TIFF.',
      );
    }
  }

  page(index: number): { directory: Directory; read: (tag: number) => number | undefined } {
    let directory = this.directoryAt(4);
    for (let i = 0; i < index && directory.nextOffset !== 0; i++) {
      directory = this.directoryAt(directory.pointerOffset);
    }
    const read = (tag: number) => {
      const entry = this.find(directory, tag);
      return entry && this.value(entry, 0);
    };
    return { directory, read };
  }

  /** Throws `corrupt-image` unless the file holds all the strips or tiles that the directory names. */
  checkPixelsInside(directory: Directory): void {
    const [offsetsTag, countsTag] = this.find(directory, TILE_OFFSETS)
      ? [TILE_OFFSETS, TILE_BYTE_COUNTS]
      : [STRIP_OFFSETS, STRIP_BYTE_COUNTS];
    const offsets = this.find(directory, offsetsTag);
    const counts = this.find(directory, countsTag);
    if (!offsets || !counts || offsets.count !== counts.count) throw corruptImage('TIFF', 'it names no pixels');
    for (let i = 0; i < offsets.count; i++) {
      if (this.value(offsets, i) + this.value(counts, i) > this.bytes.length) {
        throw corruptImage('TIFF', 'it ends inside its pixels');
      }
    }
  }

  withAmended(directory: Directory, amendments: ReadonlyMap<number, number>): Uint8Array {
    const kept = directory.entries.filter(({ tag }) => !amendments.has(tag));
    const tags = [...kept.map(({ tag }) => tag), ...amendments.keys()].sort((a, b) => a - b);
    const start = this.bytes.length + (this.bytes.length % 2);
    const size = 2 + tags.length * ENTRY_BYTES + 4;
    const amended = new Uint8Array(start + size);
    amended.set(this.bytes);
    const view = new DataView(amended.buffer);
    view.setUint16(start, tags.length, this.littleEndian);
    tags.forEach((tag, i) => {
      const offset = start + 2 + i * ENTRY_BYTES;
      const value = amendments.get(tag);
      if (value === undefined) {
        const from = kept.find((entry) => entry.tag === tag)!.valueOffset - 8;
        amended.set(this.bytes.subarray(from, from + ENTRY_BYTES), offset);
        return;
      }
      view.setUint16(offset, tag, this.littleEndian);
      view.setUint16(offset + 2, SHORT, this.littleEndian);
      view.setUint32(offset + 4, 1, this.littleEndian);
      view.setUint16(offset + 8, value, this.littleEndian);
    });
    view.setUint32(start + size - 4, directory.nextOffset, this.littleEndian);
    view.setUint32(directory.pointerOffset, start, this.littleEndian);
    return amended;
  }

  private directoryAt(pointerOffset: number): Directory {
    const offset = this.uint32(pointerOffset);
    const count = this.uint16(offset);
    const entries = Array.from({ length: count }, (_, i): Entry => {
      const at = offset + 2 + i * ENTRY_BYTES;
      return { tag: this.uint16(at), type: this.uint16(at + 2), count: this.uint32(at + 4), valueOffset: at + 8 };
    });
    const nextPointer = offset + 2 + count * ENTRY_BYTES;
    return { entries, pointerOffset, nextOffset: this.uint32(nextPointer) };
  }

  private find({ entries }: Directory, tag: number): Entry | undefined {
    return entries.find((entry) => entry.tag === tag);
  }

  /** Value `index` of an entry of SHORTs or LONGs; those that fill more than four bytes lie elsewhere. */
  private value({ type, count, valueOffset }: Entry, index: number): number {
    const size = type === LONG ? 4 : 2;
    const start = count * size > 4 ? this.uint32(valueOffset) : valueOffset;
    return type === LONG ? this.uint32(start + index * size) : this.uint16(start + index * size);
  }

  private uint16(offset: number): number {
    if (offset + 2 > this.bytes.length) throw corruptImage('TIFF', 'its directory points outside the file');
    return this.view.getUint16(offset, this.littleEndian);
  }

  private uint32(offset: number): number {
    if (offset + 4 > this.bytes.length) throw corruptImage('TIFF', 'its directory points outside the file');
    return this.view.getUint32(offset, this.littleEndian);
  }
}
