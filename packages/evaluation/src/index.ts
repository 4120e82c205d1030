export { conformalPValue, conformalThreshold } from './calibration/conformal.js';
export {
  decisionOf,
  describeScore,
  foreignNote,
  kinshipOf,
  regionThresholdOf,
  thresholdOf,
} from './calibration/describe-score.js';
export { falseDiscoveryCutoff } from './calibration/false-discovery.js';
export { recalibrate } from './calibration/recalibrate.js';
export { type DriftObservation, describeDrift, isDriftAlarm, observeDrift } from './drift/drift.js';
export { calibrateGroups, decideGroup, groupPromise } from './groups/calibrate-groups.js';
export { type GroupMetrics, groupMetrics } from './groups/group-metrics.js';
export { defaultHighest, groupScores } from './groups/group-scores.js';
export { aurocWithoutForeign, imageAuroc } from './image/auroc.js';
export { compareModels } from './image/compare-models.js';
export {
  type ImageMetrics,
  imageMetrics,
  withBothClasses,
} from './image/image-metrics.js';
export { operatingPoints } from './image/operating-points.js';
export {
  intensityFact,
  modelCardFacts,
  renderModelCard,
} from './model-card/model-card.js';
export type { Figure } from './outcome.js';
export {
  type PixelMetrics,
  PixelMetricsAccumulator,
} from './pixel/pixel-metrics.js';
export {
  comparisonFigures,
  groupFigures,
  imageFigures,
  pixelFigures,
  publishedFigure,
} from './published/published-figures.js';
export { caseCandidates, chooseCases } from './report/choose-cases.js';
export { renderReport } from './report/render-report.js';
export type {
  BaselineComparison,
  ForeignCase,
  ReportAudit,
  ReportCase,
  ReportData,
  ReportForeign,
} from './report/report-data.js';
export { withoutImages } from './report/without-images.js';
export {
  describeShadow,
  observeShadow,
  type ShadowedImage,
  type ShadowPair,
} from './shadow/shadow.js';
export { rankCorrelation } from './statistics/rank-correlation.js';
