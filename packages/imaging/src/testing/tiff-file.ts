/** Bytes of one value by type: BYTE, ASCII, SHORT, LONG, RATIONAL, FLOAT and LONG8. */
const typeBytes: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 11: 4, 16: 8 };
const [short, long, rational, long8] = [3, 4, 5, 16];

/** A tag as it shall stand in the file, whatever readers think of it. */
export interface TestTag {
  readonly tag: number;
  readonly type?: number;
  /** Numbers; of a RATIONAL its numerators, over 1000. */
  readonly values: readonly number[];
}

export interface TestPage {
  readonly width: number;
  readonly height: number;
  /** Encoded strips or tiles. */
  readonly segments: readonly Uint8Array[];
  /** Tags beside size, strips and their defaults (8 bits, uncompressed, black is zero), which they replace. */
  readonly tags?: readonly TestTag[];
  /** Defaults to leave out. */
  readonly without?: readonly number[];
  readonly tile?: readonly [number, number];
}

export interface TestTiffOptions {
  readonly big?: boolean;
  readonly littleEndian?: boolean;
  /** Leaves the tags in the order in which they are given. */
  readonly unsorted?: boolean;
}

/** A TIFF or BigTIFF of these pages. */
export function testTiff(pages: readonly TestPage[], options: TestTiffOptions = {}): Buffer {
  const { big = false, littleEndian = true } = options;
  const parts: Buffer[] = [];
  let size = 0;
  const add = (part: Uint8Array): number => {
    const start = size;
    parts.push(Buffer.from(part), Buffer.alloc(part.length % 2));
    size += part.length + (part.length % 2);
    return start;
  };
  add(Buffer.alloc(big ? 16 : 8));
  const pointers: { position: number; target: number }[] = [];
  let pointerAt = big ? 8 : 4;
  for (const page of pages) {
    const { start, nextAt } = addPage(page, options, add, () => size);
    pointers.push({ position: pointerAt, target: start });
    pointerAt = nextAt;
  }
  const file = Buffer.concat(parts);
  file.write(littleEndian ? 'II' : 'MM', 'latin1');
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  view.setUint16(2, big ? 43 : 42, littleEndian);
  if (big) view.setUint16(4, 8, littleEndian);
  for (const { position, target } of pointers) {
    if (big) view.setBigUint64(position, BigInt(target), littleEndian);
    else view.setUint32(position, target, littleEndian);
  }
  return file;
}

function addPage(
  { width, height, segments, tags = [], without = [], tile }: TestPage,
  { big = false, littleEndian = true, unsorted = false }: TestTiffOptions,
  add: (part: Uint8Array) => number,
  size: () => number,
) {
  const offsets = segments.map(add);
  const [offsetsTag, countsTag] = tile ? [324, 325] : [273, 279];
  const defaults: TestTag[] = [
    { tag: 256, values: [width] },
    { tag: 257, values: [height] },
    { tag: 258, values: [8] },
    { tag: 259, values: [1] },
    { tag: 262, values: [1] },
    { tag: offsetsTag, type: big ? long8! : long!, values: offsets },
    { tag: countsTag, type: long!, values: segments.map(({ length }) => length) },
    ...(tile
      ? [
          { tag: 322, values: [tile[0]] },
          { tag: 323, values: [tile[1]] },
        ]
      : []),
  ];
  const given = new Set([...tags.map(({ tag }) => tag), ...without]);
  const all = [...tags, ...defaults.filter(({ tag }) => !given.has(tag))];
  if (!unsorted) all.sort((a, b) => a.tag - b.tag);
  const [countBytes, entryBytes, inlineBytes] = big ? [8, 20, 8] : [2, 12, 4];
  const values = all.map((tag) => encodedValues(tag, littleEndian));
  const outside = values.map((value) => (value.length > inlineBytes ? add(value) : undefined));
  const directory = Buffer.alloc(countBytes + all.length * entryBytes + inlineBytes);
  const view = new DataView(directory.buffer, directory.byteOffset, directory.length);
  const setOffset = (at: number, value: number) =>
    big ? view.setBigUint64(at, BigInt(value), littleEndian) : view.setUint32(at, value, littleEndian);
  if (big) setOffset(0, all.length);
  else view.setUint16(0, all.length, littleEndian);
  all.forEach(({ tag, type = short!, values: numbers }, i) => {
    const at = countBytes + i * entryBytes;
    view.setUint16(at, tag, littleEndian);
    view.setUint16(at + 2, type, littleEndian);
    setOffset(at + 4, numbers.length);
    const place = outside[i];
    if (place === undefined) directory.set(values[i]!, at + entryBytes - inlineBytes);
    else setOffset(at + entryBytes - inlineBytes, place);
  });
  const start = size();
  add(directory);
  return { start, nextAt: start + directory.length - inlineBytes };
}

function encodedValues({ type = short!, values }: TestTag, littleEndian: boolean): Buffer {
  const valueBytes = typeBytes[type]!;
  const bytes = Buffer.alloc(values.length * valueBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  values.forEach((value, i) => {
    const at = i * valueBytes;
    if (type === short) view.setUint16(at, value, littleEndian);
    else if (type === long) view.setUint32(at, value, littleEndian);
    else if (type === long8) view.setBigUint64(at, BigInt(value), littleEndian);
    else if (type === rational) {
      view.setUint32(at, value, littleEndian);
      view.setUint32(at + 4, 1000, littleEndian);
    } else if (type === 11) view.setFloat32(at, value, littleEndian);
    else bytes[at] = value;
  });
  return bytes;
}

const side = 16;

/** An uncompressed little-endian TIFF of two grey pages of 16 x 16 pixels, all 10 and all 20. */
export function twoPageTiff(): Buffer {
  return testTiff(
    [10, 20].map((value) => ({ width: side, height: side, segments: [new Uint8Array(side * side).fill(value)] })),
  );
}
