import type { DataSet } from 'dicom-parser';
import { corruptImage } from '../image/image-error.js';
import { frameAttributes, item } from './frame-attributes.js';
import { lookUp, readLookupTable } from './lookup-table.js';

const PIXEL_VALUE_TRANSFORMATION = 'x00289145';
const MODALITY_LUT = 'x00283000';

/** Stored values in the modality's own unit, by table or by slope and intercept (PS3.3, C.11.1). */
export function modalityValues(dataSet: DataSet, stored: Float64Array, signed: boolean, frame: number): Float64Array {
  const table = item(dataSet, MODALITY_LUT, 0);
  if (table) {
    const lut = readLookupTable(table, 'x00283002', 'x00283006', signed);
    return stored.map((value) => lookUp(lut, value));
  }
  const attributes = frameAttributes(dataSet, PIXEL_VALUE_TRANSFORMATION, frame);
  const slope = attributes.floatString('x00281053') ?? 1;
  const intercept = attributes.floatString('x00281052') ?? 0;
  if (!Number.isFinite(slope) || !Number.isFinite(intercept))
    throw corruptImage('DICOM', 'its rescale slope is no number');
  return slope === 1 && intercept === 0 ? stored : stored.map((value) => value * slope + intercept);
}
