import { colours } from './colours.js';
import { axisAround, line, renderPlot, verticalMark } from './plot.js';
import type { SvgElement } from './svg.js';

export interface LossPoint {
  /** The epoch or step after which the loss was measured. */
  readonly x: number;
  readonly loss: number;
}

export interface LossChartOptions {
  /** What `x` counts. */
  readonly unit: 'epoch' | 'step';
  /** The loss on synthetic anomalies that were held out, as a dashed line. */
  readonly heldOut?: readonly LossPoint[];
  /** The place whose parameters were kept, as an upright line. */
  readonly kept?: number | undefined;
}

/** The loss of a training as SVG. `points` are by rising `x`, at least two. */
export function lossChart(points: readonly LossPoint[], { unit, heldOut = [], kept }: LossChartOptions): SvgElement {
  const all = [...points, ...heldOut];
  const curve = (of: readonly LossPoint[]) => of.map(({ x, loss }) => ({ x, y: loss }));
  return renderPlot({
    id: 'loss',
    title: `Loss by ${unit}`,
    description: `The training loss (solid line)${heldOut.length > 0 ? ' and the loss on held-out synthetic anomalies (dashed line)' : ''} after each ${unit}.`,
    x: axisAround(
      unit,
      all.map(({ x }) => x),
    ),
    y: axisAround(
      'loss',
      all.map(({ loss }) => loss),
    ),
    draw: (scales) => [
      line(curve(points), scales, { colour: colours.normal }),
      line(curve(heldOut), scales, { colour: colours.abnormal, dashed: true }),
      ...(kept === undefined ? [] : verticalMark(kept, `${unit} ${kept} used`, scales)),
    ],
  });
}
