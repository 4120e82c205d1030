export { distributionChart } from './distribution-chart.js';
export { type LossPoint, lossChart } from './loss-chart.js';
export { plotFrame } from './plot.js';
export { precisionRecallChart } from './precision-recall-chart.js';
export { rocChart } from './roc-chart.js';
export type { SvgElement } from './svg.js';
