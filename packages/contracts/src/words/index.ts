/**
 * The version, the words that options of a command line take, and a few numbers for whoever evaluates: what must be
 * known before any schema is loaded, which takes longer than all else that a command needs before it starts its engine.
 */
export { serviceVersion } from '../version.js';
export const sliceAxes = ['axial', 'coronal', 'sagittal'] as const;
export const dicomGroupings = ['series', 'study', 'patient'] as const;
export const precisionChoices = ['auto', 'float32'] as const;

/** Latest scores that a model keeps for its drift. */
export const driftRingLength = 4096;
/** Latest images that a shadow remembers. */
export const shadowRingLength = 2048;
/** Groups of copies that the record of an audit keeps; their number is told in full. */
export const mostCopyGroups = 500;
