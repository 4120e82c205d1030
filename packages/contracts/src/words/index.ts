/**
 * The version, and the words that options of a command line take: what must be known before any schema is loaded, which
 * takes longer than all else that a command needs before it starts its engine.
 */
export { serviceVersion } from '../version.js';
export const sliceAxes = ['axial', 'coronal', 'sagittal'] as const;
export const dicomGroupings = ['series', 'study', 'patient'] as const;
export const precisionChoices = ['auto', 'float32'] as const;
