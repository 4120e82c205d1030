import { corruptImage } from '../image/image-error.js';
import type { Attributes } from './attributes.js';
import type { PixelElement } from './read-data-set.js';

const itemTag = 0xfffee000;
const sequenceEndTag = 0xfffee0dd;
const itemHeaderBytes = 8;
const extendedOffsetTable = 'x7fe00001';

interface Fragment {
  /** Where the item begins, counted from the first one behind the basic offset table. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The compressed frames of a file (PS3.5, A.4). */
export class EncapsulatedFrames {
  readonly #frames: readonly (readonly Fragment[])[];

  /** Throws `corrupt-image` where the fragments are cut short or contradict the number of frames. */
  constructor(element: PixelElement, attributes: Attributes, frameCount: number) {
    const { offsets, fragments } = readFragments(element);
    const extended = attributes.value(extendedOffsetTable);
    this.#frames = framesOf(fragments, frameCount, extended ? readOffsets64(extended) : offsets);
  }

  /** The stream of a frame, its fragments joined. */
  stream(frame: number): Uint8Array {
    const fragments = this.#frames[frame] ?? [];
    const [first] = fragments;
    return fragments.length === 1 && first ? first.bytes : Buffer.concat(fragments.map(({ bytes }) => bytes));
  }
}

/**
 * Fragments as they stand in the items; the end mark of the sequence may be missing, for each item tells its length.
 */
function readFragments({ bytes, offset }: PixelElement): { offsets: number[]; fragments: Fragment[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const items: { readonly begin: number; readonly bytes: Uint8Array }[] = [];
  let at = offset;
  while (at + itemHeaderBytes <= bytes.length) {
    const tag = view.getUint16(at, true) * 0x10000 + view.getUint16(at + 2, true);
    const length = view.getUint32(at + 4, true);
    if (tag === sequenceEndTag) break;
    const end = at + itemHeaderBytes + length;
    if (tag !== itemTag || end > bytes.length) throw corruptImage('DICOM', 'its fragments are cut short');
    items.push({ begin: at, bytes: bytes.subarray(at + itemHeaderBytes, end) });
    at = end;
  }
  const [table, ...fragments] = items;
  if (!table) throw corruptImage('DICOM', 'its pixels have no fragments');
  const start = fragments[0]?.begin ?? 0;
  return {
    offsets: readOffsets32(table.bytes),
    fragments: fragments.map(({ begin, bytes }) => ({ offset: begin - start, bytes })),
  };
}

function readOffsets32(table: Uint8Array): number[] {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  return Array.from({ length: Math.floor(table.length / 4) }, (_, i) => view.getUint32(4 * i, true));
}

function readOffsets64(table: Uint8Array): number[] {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  return Array.from({ length: Math.floor(table.length / 8) }, (_, i) => Number(view.getBigUint64(8 * i, true)));
}

/**
 * Which fragments are of which frame: one each where their numbers are equal, else as the offset table says, else by
 * the marks with which streams begin.
 */
function framesOf(fragments: readonly Fragment[], frameCount: number, offsets: readonly number[]): Fragment[][] {
  if (fragments.length < frameCount) throw corruptImage('DICOM', 'it holds fewer frames than it declares');
  if (frameCount === 1) return [[...fragments]];
  if (fragments.length === frameCount) return fragments.map((fragment) => [fragment]);
  const begins = new Set(offsets);
  const byTable = split(fragments, ({ offset }) => begins.has(offset));
  if (byTable.length === frameCount && begins.size === frameCount) return byTable;
  const byMarks = split(fragments, ({ bytes }) => beginsStream(bytes));
  if (byMarks.length === frameCount) return byMarks;
  throw corruptImage('DICOM', 'its fragments contradict its frames');
}

function split(fragments: readonly Fragment[], isFirst: (fragment: Fragment) => boolean): Fragment[][] {
  const frames: Fragment[][] = [];
  for (const fragment of fragments) {
    if (isFirst(fragment)) frames.push([fragment]);
    else frames.at(-1)?.push(fragment);
  }
  return frames;
}

/** Start marks of the JPEG family and of JPEG 2000, bare or in JP2 boxes. */
export function beginsStream(bytes: Uint8Array): boolean {
  const [a, b, c, d] = bytes;
  if (a === 0xff && b === 0xd8) return c === 0xff;
  if (a === 0xff && b === 0x4f) return c === 0xff && d === 0x51;
  return a === 0 && b === 0 && c === 0 && d === 0x0c && bytes[4] === 0x6a && bytes[5] === 0x50;
}
