export interface LossPoint {
  readonly x: number;
  readonly loss: number;
}

interface LossChartProps {
  readonly points: readonly LossPoint[];
  readonly heldOut?: readonly LossPoint[];
  /** What `x` counts. */
  readonly unit: string;
  /** The place whose parameters were kept. */
  readonly kept?: number;
}

const width = 400;
const height = 200;
const frame = { left: 44, right: 390, top: 10, bottom: 166 };

/** The loss as a line that falls while a detector learns; the one on held-out pictures is dashed. */
export function LossChart({ points, heldOut = [], unit, kept }: LossChartProps) {
  const all = [...points, ...heldOut];
  if (new Set(all.map(({ x }) => x)).size < 2)
    return <p class="quiet">The curve appears once there are two measurements.</p>;
  const xs = all.map(({ x }) => x);
  const [left, right, top] = [Math.min(...xs), Math.max(...xs), Math.max(...all.map(({ loss }) => loss)) * 1.05 || 1];
  const placeX = (x: number) => frame.left + ((x - left) / (right - left || 1)) * (frame.right - frame.left);
  const placeY = (loss: number) => frame.bottom - (loss / top) * (frame.bottom - frame.top);
  const line = (of: readonly LossPoint[]) =>
    of.map(({ x, loss }, i) => `${i === 0 ? 'M' : 'L'}${placeX(x).toFixed(1)} ${placeY(loss).toFixed(1)}`).join('');
  const last = points.at(-1);
  const words = `Loss by ${unit}: from ${points[0]?.loss.toFixed(3)} to ${last?.loss.toFixed(3)}. Lower is better.`;
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={words}>
        {[0, 0.5, 1].map((share) => (
          <g key={share}>
            <path class="grid-line" d={`M${frame.left} ${placeY(share * top)}H${frame.right}`} />
            <text x={frame.left - 6} y={placeY(share * top) + 4} text-anchor="end">
              {(share * top).toFixed(2)}
            </text>
          </g>
        ))}
        <text x={frame.left} y={frame.bottom + 16}>
          {left}
        </text>
        <text x={frame.right} y={frame.bottom + 16} text-anchor="end">
          {right}
        </text>
        <text x={(frame.left + frame.right) / 2} y={height - 6} text-anchor="middle">
          {unit}
        </text>
        <path class="line normal" d={line(points)} />
        {heldOut.length > 1 && <path class="line abnormal dashed" d={line(heldOut)} />}
        {kept !== undefined && <path class="mark" d={`M${placeX(kept)} ${frame.top}V${frame.bottom}`} />}
      </svg>
      <figcaption>
        {words}
        {heldOut.length > 1 && ' Dashed: on pictures that were held out.'}
        {kept !== undefined && ` Upright line: the one that was kept (${unit} ${kept}).`}
      </figcaption>
    </figure>
  );
}
