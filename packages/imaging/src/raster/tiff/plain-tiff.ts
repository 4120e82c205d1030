import { TAG } from './tiff-file.js';

const SHORT = 3;
const LONG = 4;
const UNDEFINED = 7;
const HEADER_BYTES = 8;
const ENTRY_BYTES = 12;
const LONG_TAGS: ReadonlySet<number> = new Set([
  TAG.width,
  TAG.height,
  TAG.rowsPerStrip,
  TAG.tileWidth,
  TAG.tileHeight,
  TAG.stripOffsets,
  TAG.stripByteCounts,
  TAG.tileOffsets,
  TAG.tileByteCounts,
  TAG.t4Options,
  TAG.t6Options,
]);

/** One page: what a reader must know of its samples, and its strips or tiles as they are encoded. */
export interface PlainPage {
  readonly littleEndian: boolean;
  readonly width: number;
  readonly height: number;
  readonly bitsPerSample: number;
  readonly samplesPerPixel: number;
  readonly photometric: number;
  readonly sampleFormat: number;
  readonly compression: number;
  readonly rowsPerStrip: number;
  /** Width and height of a tile; without it the segments are strips. */
  readonly tile?: readonly [number, number];
  readonly segments: readonly Uint8Array[];
  /** Further tags of one or more SHORTs or LONGs that the compression or the colours need. */
  readonly further: ReadonlyMap<number, readonly number[]>;
  readonly jpegTables?: Uint8Array;
}

/**
 * A file of this one page with sorted tags and nothing that a library could stumble over: no descriptions, profiles
 * or private tags (TIFF 6.0, section 2).
 */
export function plainTiff(page: PlainPage): Uint8Array {
  const { littleEndian, segments, tile, jpegTables } = page;
  const tags = new Map<number, readonly number[] | Uint8Array>(page.further);
  tags.set(TAG.width, [page.width]);
  tags.set(TAG.height, [page.height]);
  tags.set(TAG.bitsPerSample, Array<number>(page.samplesPerPixel).fill(page.bitsPerSample));
  tags.set(TAG.compression, [page.compression]);
  tags.set(TAG.photometric, [page.photometric]);
  tags.set(TAG.samplesPerPixel, [page.samplesPerPixel]);
  tags.set(TAG.planarConfiguration, [1]);
  if (page.sampleFormat !== 1) tags.set(TAG.sampleFormat, Array<number>(page.samplesPerPixel).fill(page.sampleFormat));
  if (jpegTables) tags.set(TAG.jpegTables, jpegTables);
  if (tile) {
    tags.set(TAG.tileWidth, [tile[0]]);
    tags.set(TAG.tileHeight, [tile[1]]);
  } else {
    tags.set(TAG.rowsPerStrip, [page.rowsPerStrip]);
  }
  const [offsetsTag, countsTag] = tile
    ? [TAG.tileOffsets, TAG.tileByteCounts]
    : [TAG.stripOffsets, TAG.stripByteCounts];
  tags.set(
    countsTag,
    segments.map(({ length }) => length),
  );
  tags.set(offsetsTag, offsetsAfter(0, segments));
  const pixelsAt = even(HEADER_BYTES + directoryBytes(tags));
  tags.set(offsetsTag, offsetsAfter(pixelsAt, segments));

  const file = new Uint8Array(pixelsAt + segments.reduce((sum, { length }) => sum + even(length), 0));
  const view = new DataView(file.buffer);
  view.setUint16(0, littleEndian ? 0x4949 : 0x4d4d);
  view.setUint16(2, 42, littleEndian);
  view.setUint32(4, HEADER_BYTES, littleEndian);
  writeDirectory(view, tags, littleEndian);
  let at = pixelsAt;
  for (const segment of segments) {
    file.set(segment, at);
    at += even(segment.length);
  }
  return file;
}

type Tags = ReadonlyMap<number, readonly number[] | Uint8Array>;

function writeDirectory(view: DataView, tags: Tags, littleEndian: boolean): void {
  const sorted = [...tags].sort(([a], [b]) => a - b);
  view.setUint16(HEADER_BYTES, sorted.length, littleEndian);
  let outsideAt = HEADER_BYTES + 2 + sorted.length * ENTRY_BYTES + 4;
  sorted.forEach(([tag, values], i) => {
    const at = HEADER_BYTES + 2 + i * ENTRY_BYTES;
    const { type, valueBytes } = layoutOf(tag, values);
    view.setUint16(at, tag, littleEndian);
    view.setUint16(at + 2, type, littleEndian);
    view.setUint32(at + 4, values.length, littleEndian);
    const isInline = values.length * valueBytes <= 4;
    if (!isInline) view.setUint32(at + 8, outsideAt, littleEndian);
    const start = isInline ? at + 8 : outsideAt;
    values.forEach((value, index) => {
      if (type === LONG) view.setUint32(start + 4 * index, value, littleEndian);
      else if (type === SHORT) view.setUint16(start + 2 * index, value, littleEndian);
      else view.setUint8(start + index, value);
    });
    if (!isInline) outsideAt += even(values.length * valueBytes);
  });
}

function directoryBytes(tags: Tags): number {
  let bytes = 2 + tags.size * ENTRY_BYTES + 4;
  for (const [tag, values] of tags) {
    const size = values.length * layoutOf(tag, values).valueBytes;
    if (size > 4) bytes += even(size);
  }
  return bytes;
}

/** Positions, sizes and options are LONGs; bits, colours and the like are SHORTs. */
function layoutOf(tag: number, values: readonly number[] | Uint8Array): { type: number; valueBytes: number } {
  if (values instanceof Uint8Array) return { type: UNDEFINED, valueBytes: 1 };
  return LONG_TAGS.has(tag) ? { type: LONG, valueBytes: 4 } : { type: SHORT, valueBytes: 2 };
}

/** Positions of the segments, one behind the other, each at an even one. */
function offsetsAfter(start: number, segments: readonly Uint8Array[]): readonly number[] {
  let at = start;
  return segments.map(({ length }) => {
    const offset = at;
    at += even(length);
    return offset;
  });
}

function even(value: number): number {
  return value + (value % 2);
}
