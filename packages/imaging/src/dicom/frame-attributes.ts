import type { DataSet } from 'dicom-parser';

const SHARED_GROUPS = 'x52009229';
const PER_FRAME_GROUPS = 'x52009230';

/**
 * The data set in which to look for an attribute of a frame: enhanced multi-frame objects keep it in a macro (a sequence
 * of one item) of the frame's or of the shared functional groups (PS3.3, C.7.6.16), others at the top level.
 */
export function frameAttributes(dataSet: DataSet, macroTag: string, frame: number): DataSet {
  const ofFrame = item(dataSet, PER_FRAME_GROUPS, frame);
  const shared = item(dataSet, SHARED_GROUPS, 0);
  return (ofFrame && item(ofFrame, macroTag, 0)) ?? (shared && item(shared, macroTag, 0)) ?? dataSet;
}

/** Item `index` of a sequence, if there is one. */
export function item(dataSet: DataSet, sequenceTag: string, index: number): DataSet | undefined {
  return dataSet.elements[sequenceTag]?.items?.[index]?.dataSet;
}
