import type { LabelledScore } from './threshold-counts.js';

interface HistogramProps {
  readonly scores: readonly LabelledScore[];
  readonly threshold: number;
  readonly onThreshold: (threshold: number) => void;
}

const bins = 30;
const width = 600;
const height = 256;
const middle = 114;
/** Bars leave room for the words above and below them. */
const tallest = 86;

/** The scores of both classes with the threshold as a line: abnormal pictures grow upwards, normal ones downwards. */
export function Histogram({ scores, threshold, onThreshold }: HistogramProps) {
  const counts = (label: LabelledScore['label']) => {
    const found = new Array<number>(bins).fill(0);
    for (const image of scores) if (image.label === label) found[Math.min(bins - 1, Math.floor(image.score * bins))]!++;
    return found;
  };
  const [abnormal, normal] = [counts('abnormal'), counts('normal')];
  const most = Math.max(1, ...abnormal, ...normal);
  const barWidth = width / bins;
  const drag = (event: PointerEvent & { currentTarget: SVGSVGElement }) => {
    if (event.buttons !== 1) return;
    const { left, width: shown } = event.currentTarget.getBoundingClientRect();
    onThreshold(Math.round(Math.min(1, Math.max(0, (event.clientX - left) / shown)) * 1000) / 1000);
  };
  return (
    <svg
      class="histogram"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`Scores of ${scores.length} pictures from 0 to 1: abnormal ones above the line, normal ones below. The threshold is ${threshold.toFixed(3)}.`}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        drag(event);
      }}
      onPointerMove={drag}
    >
      {abnormal.map((n, i) => {
        const tall = (n / most) * tallest;
        return (
          <rect
            key={`a${i}`}
            class="abnormal"
            x={i * barWidth + 1}
            y={middle - tall}
            width={barWidth - 2}
            height={tall}
          />
        );
      })}
      {normal.map((n, i) => (
        <rect
          key={`n${i}`}
          class="normal"
          x={i * barWidth + 1}
          y={middle}
          width={barWidth - 2}
          height={(n / most) * tallest}
        />
      ))}
      <path class="axis" d={`M0 ${middle}H${width}`} />
      <path class="threshold" d={`M${threshold * width} 0V${middle + tallest}`} />
      <text x="4" y="2" dominant-baseline="hanging">
        abnormal ▲
      </text>
      <text x="4" y={middle + tallest + 20}>
        normal ▼
      </text>
      <text x="0" y={height - 4}>
        0
      </text>
      <text x={width / 2} y={height - 4} text-anchor="middle">
        score
      </text>
      <text x={width} y={height - 4} text-anchor="end">
        1
      </text>
    </svg>
  );
}
