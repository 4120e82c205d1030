import { colours } from './colours.js';
import { axisAround, cornerLabel, renderPlot, type Scales, short, verticalMark } from './plot.js';
import { type SvgElement, svg } from './svg.js';

export interface ClassifiedScore {
  readonly abnormal: boolean;
  readonly score: number;
}

export interface DistributionOptions {
  /** Drawn as a line across the bars. */
  readonly threshold?: number | undefined;
  /** Ends of the axis of the scores; by default it holds all scores and the threshold. */
  readonly ends?: { readonly low: number; readonly high: number };
}

const bins = 24;

/**
 * The scores of both classes as bars, as SVG: abnormal images grow upwards from the middle, normal ones downwards, each
 * in per cent of its class. `scores` has at least one.
 */
export function distributionChart(
  scores: readonly ClassifiedScore[],
  { threshold, ends }: DistributionOptions = {},
): SvgElement {
  const label = 'score of the image';
  const values = scores.map(({ score }) => score);
  const x = ends ? { label, ...ends } : axisAround(label, threshold === undefined ? values : [...values, threshold]);
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
    heights.flatMap((height, bin) => {
      if (height === 0) return [];
      const edge = (place: number) => placeX(x.low + (place / bins) * (x.high - x.low));
      const [left, right] = [edge(bin), edge(bin + 1)];
      const [end, zero] = [placeY(sign * height), placeY(0)];
      return svg('rect', {
        x: short(left + 0.5),
        y: short(Math.min(end, zero)),
        width: short(right - left - 1),
        height: short(Math.abs(end - zero)),
        fill: colour,
      });
    });
  const marked = threshold === undefined ? undefined : threshold.toFixed(3);
  return renderPlot({
    id: 'distribution',
    title: 'Scores of normal and abnormal images',
    description: `Two histograms of the scores with a common axis: abnormal images above, normal images below.${marked === undefined ? '' : ` The threshold is ${marked}.`}`,
    x,
    y: { label: '% of normal · % of abnormal', low: -tallest, high: tallest, tickLabel: Math.abs },
    draw: (scales) => [
      ...bars(abnormal, 1, colours.abnormal, scales),
      cornerLabel('abnormal images', 'top left', colours.abnormal),
      cornerLabel('normal images', 'bottom right', colours.normal),
      ...bars(normal, -1, colours.normal, scales),
      ...(threshold === undefined ? [] : verticalMark(threshold, `threshold ${marked}`, scales)),
    ],
  });
}
