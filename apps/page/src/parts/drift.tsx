import type { Drift } from '@mediclip/contracts';
import { count } from './words.js';

const width = 600;
const height = 150;
const floor = 130;
const tallest = 118;

/**
 * Whether the pictures have changed since the calibration: the p-values of the latest ones, and what a test says of
 * all.
 */
export function DriftPanel({ drift }: { drift: Drift }) {
  const { window, pValues, abnormal, verdict, explanation } = drift;
  return (
    <section>
      <h2>Have the pictures changed?</h2>
      <p class={verdict === 'changed' ? 'problem' : ''}>
        <strong>{verdict === 'changed' ? 'They have changed.' : 'No change is seen.'}</strong> {explanation}
      </p>
      {window.images > 0 && (
        <>
          <Bars counts={pValues.counts} expected={pValues.expected} />
          <p class="quiet">
            p-values of the latest {count(window.images, 'picture')}; without a change all bars reach the line, give or
            take.
            {abnormal &&
              ` Called abnormal: ${percent(abnormal.share)} (${percent(abnormal.low)} to ${percent(abnormal.high)}); of normal pictures it is ${percent(abnormal.alpha)} at most.`}
          </p>
        </>
      )}
    </section>
  );
}

function Bars({ counts, expected }: { counts: readonly number[]; expected: number }) {
  const most = Math.max(expected * 1.5, ...counts);
  const barWidth = width / counts.length;
  const heightOf = (n: number) => (n / most) * tallest;
  const level = floor - heightOf(expected);
  return (
    <svg
      class="drift"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`p-values in ${counts.length} bins from 0 to 1: ${counts.join(', ')}. Without a change there would be about ${expected.toFixed(1)} in each.`}
    >
      {counts.map((n, i) => (
        <rect
          key={i}
          class="normal"
          x={i * barWidth + 1}
          y={floor - heightOf(n)}
          width={barWidth - 2}
          height={heightOf(n)}
        />
      ))}
      <path class="axis" d={`M0 ${floor}H${width}`} />
      <path class="threshold" d={`M0 ${level}H${width}`} />
      <text x="0" y={height - 4}>
        0
      </text>
      <text x={width / 2} y={height - 4} text-anchor="middle">
        p-value
      </text>
      <text x={width} y={height - 4} text-anchor="end">
        1
      </text>
    </svg>
  );
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
