export type { ObjectOrigin } from './dicom-object.js';
export { type ObjectThreads, openObjectThreads } from './objects-threads.js';
export { isOwnObject } from './own-objects.js';
export { type DicomJson, type InstanceUids, isUid, onlyUids, uidsOf } from './source-instance.js';
export type { ReportedScore } from './structured-report.js';
