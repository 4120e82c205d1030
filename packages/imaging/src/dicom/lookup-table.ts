import type { DataSet } from 'dicom-parser';
import { corruptImage } from '../image/image-error.js';

/** A table from stored values to others (PS3.3, C.11.1.1 and C.7.6.3.1.5). */
export interface LookupTable {
  /** The value that the first entry stands for; smaller ones take it too, and larger ones than the last take the last. */
  readonly firstValue: number;
  readonly entries: Uint16Array;
  readonly bitsPerEntry: number;
}

/** Reads a table from its descriptor and its data. Throws `corrupt-image`. */
export function readLookupTable(
  dataSet: DataSet,
  descriptorTag: string,
  dataTag: string,
  signedInput: boolean,
): LookupTable {
  const count = dataSet.uint16(descriptorTag, 0);
  const firstValue = signedInput ? dataSet.int16(descriptorTag, 1) : dataSet.uint16(descriptorTag, 1);
  const bitsPerEntry = dataSet.uint16(descriptorTag, 2);
  const data = dataSet.elements[dataTag];
  if (count === undefined || firstValue === undefined || bitsPerEntry === undefined || !data) {
    throw corruptImage('DICOM', 'a lookup table is incomplete');
  }
  const length = count === 0 ? 0x10000 : count;
  const isPacked = bitsPerEntry <= 8 && data.length < 2 * length;
  if (data.length < length * (isPacked ? 1 : 2) || bitsPerEntry < 1 || bitsPerEntry > 16) {
    throw corruptImage('DICOM', 'a lookup table is cut short');
  }
  const entries = Uint16Array.from({ length }, (_, i) =>
    isPacked ? dataSet.byteArray[data.dataOffset + i]! : dataSet.uint16(dataTag, i)!,
  );
  return { firstValue, entries, bitsPerEntry };
}

/** The entry for a value. */
export function lookUp({ firstValue, entries }: LookupTable, value: number): number {
  return entries[Math.min(Math.max(Math.round(value) - firstValue, 0), entries.length - 1)]!;
}
