import { corruptImage } from '../image/image-error.js';
import type { ValueWindow } from '../image/window.js';
import type { Attributes } from './attributes.js';
import type { FrameAttributes } from './frame-attributes.js';
import { type LookupTable, lookUp, tableOfSequence } from './lookup-table.js';

/** From stored values to values in the modality's own unit, such as Hounsfield's (PS3.3, C.11.1). */
export type ModalityTransform =
  | { readonly table: LookupTable }
  | { readonly slope: number; readonly intercept: number; readonly table?: undefined };

/** The macro of enhanced objects that holds slope, intercept and unit. */
export const pixelValueTransformation = 'x00289145';
const modalityLut = 'x00283000';

/**
 * A table, or a slope and an intercept; a slope of 0, which would leave nothing, counts as none. Throws
 * `corrupt-image`.
 */
export function modalityTransform(
  attributes: Attributes,
  frames: FrameAttributes,
  signed: boolean,
  frame: number,
): ModalityTransform {
  const table = tableOfSequence(attributes, modalityLut, signed);
  if (table) return { table };
  const own = frames.of(pixelValueTransformation, frame);
  const slope = own.numbers('x00281053', 'text')[0] ?? 1;
  const intercept = own.numbers('x00281052', 'text')[0] ?? 0;
  if (!Number.isFinite(slope) || !Number.isFinite(intercept)) {
    throw corruptImage('DICOM', 'its rescale slope is no number');
  }
  return slope === 0 ? { slope: 1, intercept: 0 } : { slope, intercept };
}

export function modalityValue(transform: ModalityTransform, stored: number): number {
  return transform.table ? lookUp(transform.table, stored) : stored * transform.slope + transform.intercept;
}

/** The range of values that a range of stored ones becomes. */
export function modalityRange(transform: ModalityTransform, { low, high }: ValueWindow): ValueWindow {
  if (transform.table) return { low: 0, high: 0xffff };
  const [a, b] = [modalityValue(transform, low), modalityValue(transform, high)];
  return { low: Math.min(a, b), high: Math.max(a, b) };
}
