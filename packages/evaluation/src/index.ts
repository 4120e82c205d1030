export { type ConformalThreshold, conformalPValue, conformalThreshold } from './calibration/conformal.js';
export { type DecisionRule, decisionOf, describeScore, thresholdOf } from './calibration/describe-score.js';
export { falseDiscoveryCutoff } from './calibration/false-discovery.js';
export { recalibrate } from './calibration/recalibrate.js';
export { type DriftObservation, describeDrift, observeDrift } from './drift/drift.js';
export { compareModels, type PairedDeLong } from './image/compare-models.js';
export {
  type ImageMetrics,
  imageMetrics,
  type PrecisionRecallPoint,
  type RocPoint,
  type SensitivityAtSpecificity,
  withBothClasses,
} from './image/image-metrics.js';
export { operatingPoints } from './image/operating-points.js';
export {
  type CardBackbone,
  type CardFact,
  intendedUse,
  misuse,
  modelCardFacts,
  renderModelCard,
} from './model-card/model-card.js';
export type { Figure, Interval, Outcome, ThresholdFigure, Undefined } from './outcome.js';
export type { PixelCurves } from './pixel/pixel-curves.js';
export {
  type PixelMetrics,
  PixelMetricsAccumulator,
  type PixelMetricsOptions,
  type Resolution,
} from './pixel/pixel-metrics.js';
export type { Connectivity } from './pixel/regions.js';
export { type CaseChoice, type CaseGroup, caseCandidates, chooseCases } from './report/choose-cases.js';
export { renderReport } from './report/render-report.js';
export type {
  BaselineComparison,
  EpochFigures,
  EvaluatedDataset,
  ReportCase,
  ReportData,
} from './report/report-data.js';
export type { BootstrapOptions } from './statistics/bootstrap.js';
