import { colours } from './colours.js';
import { line, type Point, renderPlot } from './plot.js';
import type { SvgElement } from './svg.js';

/** Both shares, 0 to 1, at one threshold. */
export interface PrecisionRecallPoint {
  readonly recall: number;
  readonly precision: number;
}

/**
 * The precision-recall curve as SVG, from points by rising recall. `abnormalShare` (0 to 1) is what guessing gives;
 * `average` says the average precision in words.
 */
export function precisionRecallChart(
  points: readonly PrecisionRecallPoint[],
  abnormalShare: number,
  average: string,
): SvgElement {
  // A step for each threshold: average precision is the area under exactly this line.
  let recallBefore = 0;
  const steps: Point[] = [];
  for (const { recall, precision } of points) {
    if (recall > recallBefore) steps.push({ x: recallBefore, y: precision }, { x: recall, y: precision });
    recallBefore = recall;
  }
  const guessing = [
    { x: 0, y: abnormalShare },
    { x: 1, y: abnormalShare },
  ];
  return renderPlot({
    id: 'precision-recall',
    title: 'Precision-recall curve',
    description: `The share of flagged images that are really abnormal against the share of abnormal images that are flagged, for every threshold. The average precision is ${average}.`,
    x: { label: 'abnormal images flagged (recall)', low: 0, high: 1 },
    y: { label: 'flagged images truly abnormal (precision)', low: 0, high: 1 },
    draw: (scales) => [
      line(guessing, scales, { colour: colours.quiet, dashed: true }),
      line(steps, scales, { colour: colours.abnormal }),
    ],
  });
}
