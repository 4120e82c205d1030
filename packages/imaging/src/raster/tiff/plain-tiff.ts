import { tagCodes } from './tiff-file.js';

const shortType = 3;
const longType = 4;
const undefinedType = 7;
const headerBytes = 8;
const entryBytes = 12;
const longTags: ReadonlySet<number> = new Set([
  tagCodes.width,
  tagCodes.height,
  tagCodes.rowsPerStrip,
  tagCodes.tileWidth,
  tagCodes.tileHeight,
  tagCodes.stripOffsets,
  tagCodes.stripByteCounts,
  tagCodes.tileOffsets,
  tagCodes.tileByteCounts,
  tagCodes.t4Options,
  tagCodes.t6Options,
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
  tags.set(tagCodes.width, [page.width]);
  tags.set(tagCodes.height, [page.height]);
  tags.set(tagCodes.bitsPerSample, Array<number>(page.samplesPerPixel).fill(page.bitsPerSample));
  tags.set(tagCodes.compression, [page.compression]);
  tags.set(tagCodes.photometric, [page.photometric]);
  tags.set(tagCodes.samplesPerPixel, [page.samplesPerPixel]);
  tags.set(tagCodes.planarConfiguration, [1]);
  if (page.sampleFormat !== 1)
    tags.set(tagCodes.sampleFormat, Array<number>(page.samplesPerPixel).fill(page.sampleFormat));
  if (jpegTables) tags.set(tagCodes.jpegTables, jpegTables);
  if (tile) {
    tags.set(tagCodes.tileWidth, [tile[0]]);
    tags.set(tagCodes.tileHeight, [tile[1]]);
  } else {
    tags.set(tagCodes.rowsPerStrip, [page.rowsPerStrip]);
  }
  const [offsetsTag, countsTag] = tile
    ? [tagCodes.tileOffsets, tagCodes.tileByteCounts]
    : [tagCodes.stripOffsets, tagCodes.stripByteCounts];
  tags.set(
    countsTag,
    segments.map(({ length }) => length),
  );
  tags.set(offsetsTag, offsetsAfter(0, segments));
  const pixelsAt = even(headerBytes + directoryBytes(tags));
  tags.set(offsetsTag, offsetsAfter(pixelsAt, segments));

  const file = new Uint8Array(pixelsAt + segments.reduce((sum, { length }) => sum + even(length), 0));
  const view = new DataView(file.buffer);
  view.setUint16(0, littleEndian ? 0x4949 : 0x4d4d);
  view.setUint16(2, 42, littleEndian);
  view.setUint32(4, headerBytes, littleEndian);
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
  view.setUint16(headerBytes, sorted.length, littleEndian);
  let outsideAt = headerBytes + 2 + sorted.length * entryBytes + 4;
  sorted.forEach(([tag, values], i) => {
    const at = headerBytes + 2 + i * entryBytes;
    const { type, valueBytes } = layoutOf(tag, values);
    view.setUint16(at, tag, littleEndian);
    view.setUint16(at + 2, type, littleEndian);
    view.setUint32(at + 4, values.length, littleEndian);
    const isInline = values.length * valueBytes <= 4;
    if (!isInline) view.setUint32(at + 8, outsideAt, littleEndian);
    const start = isInline ? at + 8 : outsideAt;
    values.forEach((value, index) => {
      if (type === longType) view.setUint32(start + 4 * index, value, littleEndian);
      else if (type === shortType) view.setUint16(start + 2 * index, value, littleEndian);
      else view.setUint8(start + index, value);
    });
    if (!isInline) outsideAt += even(values.length * valueBytes);
  });
}

function directoryBytes(tags: Tags): number {
  let bytes = 2 + tags.size * entryBytes + 4;
  for (const [tag, values] of tags) {
    const size = values.length * layoutOf(tag, values).valueBytes;
    if (size > 4) bytes += even(size);
  }
  return bytes;
}

/** Positions, sizes and options are LONGs; bits, colours and the like are SHORTs. */
function layoutOf(tag: number, values: readonly number[] | Uint8Array): { type: number; valueBytes: number } {
  if (values instanceof Uint8Array) return { type: undefinedType, valueBytes: 1 };
  return longTags.has(tag) ? { type: longType, valueBytes: 4 } : { type: shortType, valueBytes: 2 };
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
