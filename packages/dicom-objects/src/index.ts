export { manufacturer, type ObjectOrigin, type ResultModel, seriesDescription } from './dicom-object.js';
export { type ObjectThreads, openObjectThreads } from './objects-threads.js';
export type { SecondaryCaptureOptions } from './secondary-capture.js';
export type { SegmentationOptions, SegmentedFrame } from './segmentation.js';
export { type DicomJson, type InstanceUids, isUid, onlyUids, uidsOf } from './source-instance.js';
export type { ReportedScore, StructuredReportOptions } from './structured-report.js';
export { derivedUid, type ResultKind } from './uids.js';
