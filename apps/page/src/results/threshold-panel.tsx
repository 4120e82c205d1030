import type { Model } from '@mediclip/contracts';
import { useOncePerFrame } from './frames.js';
import { Histogram } from './histogram.js';
import { KeepThreshold } from './keep-threshold.js';
import type { LabelledScore } from './threshold-counts.js';
import { ThresholdCounts } from './threshold-counts-table.js';

interface ThresholdPanelProps {
  readonly model: Model | undefined;
  readonly scores: readonly LabelledScore[];
  readonly threshold: number;
  readonly onThreshold: (threshold: number) => void;
  readonly onKept: () => void;
}

/** The threshold, what it costs, and ways to keep it. */
export function ThresholdPanel({ model, scores, threshold, onThreshold, onKept }: ThresholdPanelProps) {
  return (
    <section class="card">
      <h2>Threshold</h2>
      <p class="quiet">Pictures with a score above the line are called abnormal. Drag it, or type a number.</p>
      <div class="panel">
        <ThresholdField scores={scores} threshold={threshold} onThreshold={onThreshold} />
        <ThresholdCounts scores={scores} threshold={threshold} />
      </div>
      {model && <KeepThreshold model={model} threshold={threshold} onThreshold={onThreshold} onKept={onKept} />}
    </section>
  );
}

/** Three ways to set it: in the histogram, by a slider, as a number. */
function ThresholdField({
  scores,
  threshold,
  onThreshold,
}: Pick<ThresholdPanelProps, 'scores' | 'threshold' | 'onThreshold'>) {
  const drag = useOncePerFrame(onThreshold);
  return (
    <div>
      <Histogram scores={scores} threshold={threshold} onThreshold={drag} />
      <div class="controls">
        <input
          type="range"
          class="full"
          aria-label="Threshold"
          min="0"
          max="1"
          step="0.001"
          value={threshold}
          onInput={({ currentTarget }) => drag(currentTarget.valueAsNumber)}
        />
        <div class="row">
          <span>
            Threshold <output>{threshold.toFixed(3)}</output>
          </span>
          <label>
            or typed
            <input
              type="number"
              min="0"
              max="1"
              step="any"
              value={Number(threshold.toFixed(4))}
              onChange={({ currentTarget }) => {
                const typed = currentTarget.valueAsNumber;
                if (typed >= 0 && typed <= 1) onThreshold(typed);
              }}
            />
          </label>
        </div>
      </div>
    </div>
  );
}
