import type { ImageMetrics } from '../image/image-metrics.js';
import { Html, html } from './html.js';
import { axisAround, cornerLabel, line, type Point, renderPlot, type Scales, short, verticalMark } from './plot.js';
import type { EpochFigures, ReportData } from './report-data.js';
import { colours } from './style.js';
import { figureInWords, round } from './words.js';

const bins = 24;

export function rocPlot({ auroc, roc }: ImageMetrics): Html {
  if (!roc.defined) return html`<p>${roc.reason}</p>`;
  const points = roc.points.map(({ falsePositiveRate, truePositiveRate }) => ({
    x: falsePositiveRate,
    y: truePositiveRate,
  }));
  const diagonal = [
    { x: 0, y: 0 },
    { x: 1, y: 1 },
  ];
  return renderPlot({
    id: 'roc',
    title: 'ROC curve',
    description: `The share of abnormal images that are flagged against the share of normal images that are flagged, for every threshold. The area under the curve is ${figureInWords(auroc)}.`,
    x: { label: 'normal images flagged (1 − specificity)', low: 0, high: 1 },
    y: { label: 'abnormal images flagged (sensitivity)', low: 0, high: 1 },
    draw: (scales) => [
      line(diagonal, scales, { colour: colours.quiet, dashed: true }),
      line(points, scales, { colour: colours.abnormal }),
    ],
  });
}

export function precisionRecallPlot({ averagePrecision, precisionRecall, ...counts }: ImageMetrics): Html {
  if (!precisionRecall.defined) return html`<p>${precisionRecall.reason}</p>`;
  const share = counts.abnormalImages / (counts.abnormalImages + counts.normalImages);
  // A step for each threshold: average precision is the area under exactly this line.
  let recallBefore = 0;
  const steps: Point[] = [];
  for (const { recall, precision } of precisionRecall.points) {
    if (recall > recallBefore) steps.push({ x: recallBefore, y: precision }, { x: recall, y: precision });
    recallBefore = recall;
  }
  const chance = [
    { x: 0, y: share },
    { x: 1, y: share },
  ];
  return renderPlot({
    id: 'precision-recall',
    title: 'Precision-recall curve',
    description: `The share of flagged images that are really abnormal against the share of abnormal images that are flagged, for every threshold. The average precision is ${figureInWords(averagePrecision)}.`,
    x: { label: 'abnormal images flagged (recall)', low: 0, high: 1 },
    y: { label: 'flagged images truly abnormal (precision)', low: 0, high: 1 },
    draw: (scales) => [
      line(chance, scales, { colour: colours.quiet, dashed: true }),
      line(steps, scales, { colour: colours.abnormal }),
    ],
  });
}

/** Scores of both classes as bars: normal images grow downwards from the middle, abnormal ones upwards. */
export function distributionPlot(scores: ReportData['scores'], threshold: number | undefined): Html {
  if (scores.length === 0) return html`<p>There are no images.</p>`;
  const values = scores.map(({ score }) => score);
  const x = axisAround('score of the image', threshold === undefined ? values : [...values, threshold]);
  const binOf = (score: number) => Math.min(bins - 1, Math.floor(((score - x.low) / (x.high - x.low)) * bins));
  const shares = (abnormal: boolean) => {
    const counts = new Array<number>(bins).fill(0);
    const ofClass = scores.filter((image) => image.abnormal === abnormal);
    for (const { score } of ofClass) counts[binOf(score)]!++;
    return counts.map((count) => (100 * count) / Math.max(1, ofClass.length));
  };
  const [normal, abnormal] = [shares(false), shares(true)];
  const tallest = Math.max(...normal, ...abnormal) * 1.15;
  const bars = (heights: readonly number[], sign: 1 | -1, colour: string, { x: placeX, y: placeY }: Scales) =>
    heights.map((height, bin) => {
      if (height === 0) return new Html('');
      const edge = (place: number) => placeX(x.low + (place / bins) * (x.high - x.low));
      const [left, right] = [edge(bin), edge(bin + 1)];
      const [end, zero] = [placeY(sign * height), placeY(0)];
      return html`<rect x="${short(left + 0.5)}" y="${short(Math.min(end, zero))}" width="${short(right - left - 1)}"
        height="${short(Math.abs(end - zero))}" fill="${colour}"/>`;
    });
  return renderPlot({
    id: 'distribution',
    title: 'Scores of normal and abnormal images',
    description: `Two histograms of the scores with a common axis: abnormal images above, normal images below.${threshold === undefined ? '' : ` The threshold is ${round(threshold)}.`}`,
    x,
    y: { label: '% of normal · % of abnormal', low: -tallest, high: tallest, tickLabel: Math.abs },
    draw: (scales) => [
      ...bars(abnormal, 1, colours.abnormal, scales),
      cornerLabel('abnormal images', 'top', colours.abnormal),
      cornerLabel('normal images', 'bottom', colours.normal),
      ...bars(normal, -1, colours.normal, scales),
      ...(threshold === undefined ? [] : [verticalMark(threshold, `threshold ${round(threshold)}`, scales)]),
    ],
  });
}

/** The training loss and, where there is one, the held-out loss, epoch by epoch. */
export function lossPlot(history: readonly EpochFigures[], selectedEpoch: number | undefined): Html {
  const loss = history.map(({ epoch, loss }) => ({ x: epoch, y: loss }));
  const heldOut = history.flatMap(({ epoch, heldOutLoss: y }) => (y === undefined ? [] : [{ x: epoch, y }]));
  const points = [...loss, ...heldOut];
  return renderPlot({
    id: 'loss',
    title: 'Loss by epoch',
    description:
      'The training loss (dark line) and the loss on held-out synthetic anomalies (dashed line) after each epoch.',
    x: axisAround(
      'epoch',
      points.map(({ x }) => x),
    ),
    y: axisAround(
      'loss',
      points.map(({ y }) => y),
    ),
    draw: (scales) => [
      line(loss, scales, { colour: colours.normal }),
      line(heldOut, scales, { colour: colours.abnormal, dashed: true }),
      ...(selectedEpoch === undefined ? [] : [verticalMark(selectedEpoch, `epoch ${selectedEpoch} used`, scales)]),
    ],
  });
}
