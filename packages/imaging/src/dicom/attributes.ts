import type { DataSet, Element } from 'dicom-parser';

type NumberKind = 'text' | 'unsigned' | 'signed' | 'float';

/** How the values of a representation are numbers (PS3.5, 6.2); of others the reader says what it expects. */
const kindOfRepresentation: Readonly<Record<string, NumberKind>> = {
  DS: 'text',
  IS: 'text',
  US: 'unsigned',
  UL: 'unsigned',
  SS: 'signed',
  SL: 'signed',
  FL: 'float',
  FD: 'float',
};

/** Bytes of a value, where they differ from what is usual of the kind. */
const sizeOfRepresentation: Readonly<Record<string, number>> = { UL: 4, SL: 4, FL: 4, FD: 8 };

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * The attributes of a data set or of an item of a sequence, by tag (`x` and eight digits). No method throws and none
 * reads beyond the value: what an attribute does not hold is undefined, empty or NaN.
 */
export class Attributes {
  readonly #bytes: Uint8Array;
  readonly #elements: Readonly<Record<string, Element>>;
  readonly littleEndian: boolean;

  constructor(bytes: Uint8Array, elements: Readonly<Record<string, Element>>, littleEndian: boolean) {
    this.#bytes = bytes;
    this.#elements = elements;
    this.littleEndian = littleEndian;
  }

  /** The value of an attribute, a view into the file; undefined if it is absent or empty. */
  value(tag: string): Uint8Array | undefined {
    const element = this.#elements[tag];
    if (!element || element.length === 0) return undefined;
    return this.#bytes.subarray(element.dataOffset, element.dataOffset + element.length);
  }

  /** The first value of a text, without the spaces and zeros around it; undefined if there is none. */
  text(tag: string): string | undefined {
    return this.#texts(tag)[0] || undefined;
  }

  /**
   * All values as numbers, read as the value representation says or, where the file gives none or one that is no
   * number, as `expected`. A text that is no number is NaN.
   */
  numbers(tag: string, expected: NumberKind): number[] {
    const representation = this.#elements[tag]?.vr ?? '';
    const kind = kindOfRepresentation[representation] ?? expected;
    if (kind !== 'text') return this.#binaryNumbers(tag, kind, sizeOfRepresentation[representation]);
    return this.#texts(tag).map((text) => (decimal.test(text) ? Number(text) : Number.NaN));
  }

  /** 16-bit integers, whatever the value representation says of their sign. */
  words(tag: string, signed: boolean): number[] {
    return this.#binaryNumbers(tag, signed ? 'signed' : 'unsigned', 2);
  }

  /** The items of a sequence; empty if there are none. */
  items(tag: string): Attributes[] {
    const items = this.#elements[tag]?.items ?? [];
    return items.map(({ dataSet }) => new Attributes(this.#bytes, (dataSet as DataSet).elements, this.littleEndian));
  }

  #texts(tag: string): string[] {
    const value = this.value(tag);
    if (!value) return [];
    const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1');
    return text.split('\\').map((part) => part.replace(/^[\0 ]+|[\0 ]+$/g, ''));
  }

  #binaryNumbers(tag: string, kind: Exclude<NumberKind, 'text'>, size = kind === 'float' ? 8 : 2): number[] {
    const value = this.value(tag);
    if (!value) return [];
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    return Array.from({ length: Math.floor(value.length / size) }, (_, i) =>
      numberAt(view, i * size, kind, size, this.littleEndian),
    );
  }
}

function numberAt(
  view: DataView,
  offset: number,
  kind: Exclude<NumberKind, 'text'>,
  size: number,
  littleEndian: boolean,
): number {
  if (kind === 'float')
    return size === 4 ? view.getFloat32(offset, littleEndian) : view.getFloat64(offset, littleEndian);
  if (kind === 'signed') return size === 4 ? view.getInt32(offset, littleEndian) : view.getInt16(offset, littleEndian);
  return size === 4 ? view.getUint32(offset, littleEndian) : view.getUint16(offset, littleEndian);
}
