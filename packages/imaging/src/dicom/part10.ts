import { corruptImage } from '../image/image-error.js';

/** Where the data set of a file begins, and what the file meta information says of it. */
export interface FileMeta {
  readonly dataSetOffset: number;
  /** Undefined where the file does not tell. */
  readonly transferSyntax: string | undefined;
}

const preambleBytes = 128;
const prefix = 'DICM';
const metaGroup = 0x0002;
const identifyingGroup = 0x0008;
const transferSyntaxElement = 0x0010;
const longRepresentations = ['OB', 'OW', 'UN', 'UT', 'SQ'];
/** A first element is no longer than this; what claims more is another kind of file. */
const longestFirstElement = 256;

/**
 * Whether a file is DICOM: by its prefix (PS3.10, 7.1), behind a preamble or without, or, where an application left
 * both out, by two elements that could begin a data set.
 */
export function isDicom(bytes: Uint8Array): boolean {
  if (prefixEnd(bytes) > 0) return true;
  const first = elementAt(bytes, 0);
  if (!first || (first.group !== metaGroup && first.group !== identifyingGroup)) return false;
  if (first.end - first.valueOffset > longestFirstElement) return false;
  const second = elementAt(bytes, first.end);
  if (!second || second.isExplicit !== first.isExplicit) return false;
  return second.group === first.group ? second.element > first.element : second.group === identifyingGroup;
}

/** Reads the file meta information (PS3.10, 7.1), which is explicit and little-endian. Throws `corrupt-image`. */
export function readFileMeta(bytes: Uint8Array): FileMeta {
  let offset = prefixEnd(bytes);
  let transferSyntax: string | undefined;
  for (;;) {
    const element = elementAt(bytes, offset);
    if (element?.group !== metaGroup) return { dataSetOffset: offset, transferSyntax };
    if (element.end > bytes.length) throw corruptImage('DICOM', 'it ends inside its header');
    if (element.element === transferSyntaxElement) {
      const text = String.fromCharCode(
        ...bytes.subarray(element.valueOffset, Math.min(element.end, element.valueOffset + 66)),
      );
      transferSyntax = text.replace(/[\0 ]+$/, '') || undefined;
    }
    offset = element.end;
  }
}

/** Whether `bytes[offset]` and the next one are the two capitals of a value representation. */
export function isRepresentation(bytes: Uint8Array, offset: number): boolean {
  return isCapital(bytes[offset]) && isCapital(bytes[offset + 1]);
}

function isCapital(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x41 && byte <= 0x5a;
}

function prefixEnd(bytes: Uint8Array): number {
  for (const offset of [preambleBytes, 0]) {
    if (String.fromCharCode(...bytes.subarray(offset, offset + 4)) === prefix) return offset + 4;
  }
  return 0;
}

/** The little-endian element at `offset`; its representation decides whether it is read as explicit. */
function elementAt(bytes: Uint8Array, offset: number) {
  if (offset + 8 > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const group = view.getUint16(offset, true);
  const element = view.getUint16(offset + 2, true);
  const isExplicit = isRepresentation(bytes, offset + 4);
  const isLong =
    isExplicit && longRepresentations.includes(String.fromCharCode(...bytes.subarray(offset + 4, offset + 6)));
  if (isLong && offset + 12 > bytes.length) return undefined;
  const valueOffset = offset + (isLong ? 12 : 8);
  const length = isLong
    ? view.getUint32(offset + 8, true)
    : isExplicit
      ? view.getUint16(offset + 6, true)
      : view.getUint32(offset + 4, true);
  return { group, element, isExplicit, valueOffset, end: valueOffset + length };
}
