import { colours } from './colours.js';
import { line, renderPlot } from './plot.js';
import type { SvgElement } from './svg.js';

/** Both rates, 0 to 1, at one threshold. */
export interface RocPoint {
  readonly falsePositiveRate: number;
  readonly truePositiveRate: number;
}

const guessing = [
  { x: 0, y: 0 },
  { x: 1, y: 1 },
];

/** The ROC curve as SVG; `area` says the area under it in words. */
export function rocChart(points: readonly RocPoint[], area: string): SvgElement {
  const curve = points.map(({ falsePositiveRate, truePositiveRate }) => ({
    x: falsePositiveRate,
    y: truePositiveRate,
  }));
  return renderPlot({
    id: 'roc',
    title: 'ROC curve',
    description: `The share of abnormal images that are flagged against the share of normal images that are flagged, for every threshold. The area under the curve is ${area}.`,
    x: { label: 'normal images flagged (1 − specificity)', low: 0, high: 1 },
    y: { label: 'abnormal images flagged (sensitivity)', low: 0, high: 1 },
    draw: (scales) => [
      line(guessing, scales, { colour: colours.quiet, dashed: true }),
      line(curve, scales, { colour: colours.abnormal }),
    ],
  });
}
