import { corruptImage } from '../image/image-error.js';
import type { Attributes } from './attributes.js';

/** A table from stored values to others (PS3.3, C.11.1.1 and C.7.6.3.1.5). */
export interface LookupTable {
  /**
   * The value that the first entry stands for; smaller ones take it too, and larger ones than the last take the last.
   */
  readonly firstValue: number;
  readonly entries: Uint16Array;
  readonly bitsPerEntry: number;
}

const lutDescriptor = 'x00283002';
const lutData = 'x00283006';
const mostEntries = 0x10000;

/** What a descriptor says; the number of entries is 65,536 where it holds 0. */
export interface TableDescriptor {
  readonly count: number;
  readonly firstValue: number;
  readonly bitsPerEntry: number;
}

/** The first table of a sequence that has a descriptor and data; undefined if there is none. Throws `corrupt-image`. */
export function tableOfSequence(
  attributes: Attributes,
  sequenceTag: string,
  signedInput: boolean,
): LookupTable | undefined {
  const item = attributes.items(sequenceTag).find((one) => one.value(lutDescriptor) && one.value(lutData));
  return item && readLookupTable(item, lutDescriptor, lutData, signedInput);
}

/** Reads a table from its descriptor and its data. Throws `corrupt-image`. */
export function readLookupTable(
  attributes: Attributes,
  descriptorTag: string,
  dataTag: string,
  signedInput: boolean,
): LookupTable {
  const { count, firstValue, bitsPerEntry } = readDescriptor(attributes, descriptorTag, signedInput);
  const words = Uint16Array.from(attributes.words(dataTag, false));
  // Entries of 8 bits may lie in words of two, the first in the lower half.
  const isPacked = words.length < count && words.length * 2 >= count;
  const entries = isPacked ? unpacked(words, count) : words.subarray(0, count);
  if (entries.length < count) throw corruptImage('DICOM', 'a lookup table is cut short');
  const isDeeper = bitsPerEntry <= 8 && !isPacked && entries.some((entry) => entry > 0xff);
  return { firstValue, entries, bitsPerEntry: isPacked ? Math.min(bitsPerEntry, 8) : isDeeper ? 16 : bitsPerEntry };
}

/** Throws `corrupt-image` where a descriptor is missing or cannot be. */
export function readDescriptor(attributes: Attributes, tag: string, signedInput: boolean): TableDescriptor {
  const [count, , bitsPerEntry] = attributes.words(tag, false);
  const [, firstValue] = attributes.words(tag, signedInput);
  if (count === undefined || firstValue === undefined || bitsPerEntry === undefined) {
    throw corruptImage('DICOM', 'a lookup table is incomplete');
  }
  if (bitsPerEntry < 1 || bitsPerEntry > 16) throw corruptImage('DICOM', 'a lookup table has an odd depth');
  return { count: count === 0 ? mostEntries : count, firstValue, bitsPerEntry };
}

/** The entry for a value. */
export function lookUp({ firstValue, entries }: LookupTable, value: number): number {
  return entries[Math.min(Math.max(Math.round(value) - firstValue, 0), entries.length - 1)]!;
}

function unpacked(words: Uint16Array, count: number): Uint16Array {
  return Uint16Array.from({ length: count }, (_, i) => (words[i >> 1]! >> (8 * (i & 1))) & 0xff);
}
