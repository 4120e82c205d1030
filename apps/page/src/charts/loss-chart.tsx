import { type LossPoint, lossChart } from '@mediclip/charts';
import { Chart } from './chart.js';

interface LossChartProps {
  readonly points: readonly LossPoint[];
  readonly heldOut?: readonly LossPoint[];
  /** What `x` counts. */
  readonly unit: 'epoch' | 'step';
  /** The place whose parameters were kept. */
  readonly kept?: number;
}

/** The loss as a line that falls while a detector learns; the one on held-out pictures is dashed. */
export function LossChart({ points, heldOut = [], unit, kept }: LossChartProps) {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || first.x === last.x)
    return <p class="quiet">The curve appears once there are two measurements.</p>;
  return (
    <figure class="chart">
      <Chart chart={lossChart(points, { unit, heldOut, kept })} />
      <figcaption>
        Loss by {unit}: from {first.loss.toFixed(3)} to {last.loss.toFixed(3)}. Lower is better.
        {heldOut.length > 1 && ' Dashed: on pictures that were held out.'}
        {kept !== undefined && ` Upright line: the one that was kept (${unit} ${kept}).`}
      </figcaption>
    </figure>
  );
}
