export {
  type Detector,
  type DetectorDescription,
  detectorFileNames,
  readDetector,
  readDetectorDescription,
  readForeignDetector,
} from './detector/detector-files.js';
export { exportModel, writeExportedModel } from './detector/export.js';
export { type DetectorReference, Scorer } from './detector/scorer.js';
export { deviceTraffic } from './device-traffic.js';
export { AdaptationError, type AdaptationErrorCode } from './errors.js';
export type { BatchHalved, OnBatchHalved } from './halving.js';
export {
  type InspectedNormals,
  inspectNormals,
  type LookedAt,
  type NormalsSource,
  type NormalsView,
} from './inspection/inspect-normals.js';
export type { InspectionJob } from './inspection/inspection-job.js';
export { InspectionRun, type NormalsInspected, readNormalsFound } from './inspection/inspection-run.js';
export { enoughNote } from './inspection/learning-curve.js';
export { describeKinds } from './kinship/describe-kinds.js';
export { kinshipOf, kinshipTensors } from './kinship/kinship.js';
export { findOutliers, leastNormals, withoutOutliers } from './kinship/outliers.js';
export { outliersNotes } from './kinship/outliers-notes.js';
export type { DetectorJob, RevisionJob } from './revision/revision-job.js';
export { RevisionRun, requireMemory } from './revision/revision-run.js';
export { type ChosenShots, chooseDistinctShots, copiesNote } from './shots/choose-shots.js';
export { DistinctPictures, pixelDigest } from './shots/distinct-pictures.js';
export { firstOfEach } from './shots/first-of-each.js';
export type { PictureData } from './shots/near-copies.js';
export { Towers } from './tower/towers.js';
export { AdaptationRun } from './training/adaptation-run.js';
export {
  type AdaptationJob,
  colourPathsNote,
  hasColour,
  type ShotsOrigin,
  shotPreparation,
  shotsOf,
} from './training/job.js';
export { chooseShots, type SampleRequest, type SampleSource } from './training/plan.js';
export type { AdaptationProgress } from './training/run-in-parts.js';
