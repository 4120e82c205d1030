import { distributionChart, plotFrame } from '@mediclip/charts';
import { useMemo } from 'preact/hooks';
import { Chart } from '../charts/chart.js';
import type { LabelledScore } from './threshold-counts.js';

interface HistogramProps {
  readonly scores: readonly LabelledScore[];
  readonly threshold: number;
  readonly onThreshold: (threshold: number) => void;
}

const { width, height, left, right, top, bottom } = plotFrame;

/** The scores of both classes, 0 to 1, with the threshold as a line that can be dragged. */
export function Histogram({ scores, threshold, onThreshold }: HistogramProps) {
  const chart = useMemo(() => {
    const classified = scores.map(({ label, score }) => ({ abnormal: label === 'abnormal', score }));
    return distributionChart(classified, { ends: { low: 0, high: 1 } });
  }, [scores]);
  const drag = (event: PointerEvent & { currentTarget: HTMLDivElement }) => {
    if (event.buttons !== 1) return;
    const shown = event.currentTarget.getBoundingClientRect();
    const place = ((event.clientX - shown.left) / shown.width) * width;
    const share = (place - left) / (right - left);
    onThreshold(Math.round(Math.min(1, Math.max(0, share)) * 1000) / 1000);
  };
  return (
    <div
      class="histogram"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        drag(event);
      }}
      onPointerMove={drag}
    >
      <Chart chart={chart} />
      <svg class="over" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        <path class="threshold" d={`M${left + threshold * (right - left)} ${top}V${bottom}`} />
      </svg>
    </div>
  );
}
