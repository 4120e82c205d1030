import type { Model } from '@mediclip/contracts';
import { remove, send } from '../api/http.js';
import { Action } from '../parts/action.js';
import { count, shareWords } from '../parts/words.js';
import { useOncePerFrame } from './frames.js';
import { Histogram } from './histogram.js';
import { countsAt, type LabelledScore } from './threshold-counts.js';

interface ThresholdPanelProps {
  readonly model: Model | undefined;
  readonly scores: readonly LabelledScore[];
  readonly threshold: number;
  readonly onThreshold: (threshold: number) => void;
  readonly onKept: () => void;
}

/** The threshold, what it costs, and ways to keep it. */
export function ThresholdPanel({ model, scores, threshold, onThreshold, onKept }: ThresholdPanelProps) {
  const counts = countsAt(threshold, scores);
  const keep = async (change: Promise<unknown>) => {
    await change;
    onKept();
  };
  const calibration = model?.calibration;
  const drag = useOncePerFrame(onThreshold);
  return (
    <section class="card">
      <h2>Threshold</h2>
      <p class="quiet">Pictures with a score above the line are called abnormal. Drag it, or type a number.</p>
      <div class="panel">
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
        <div>
          <table class="counts">
            <caption>What this threshold makes of the labelled pictures</caption>
            <thead>
              <tr>
                <td />
                <th scope="col">called abnormal</th>
                <th scope="col">called normal</th>
              </tr>
            </thead>
            <tbody>
              <tr>
                <th scope="row">abnormal</th>
                <td data-count="truePositives">{counts.truePositives} found</td>
                <td data-count="falseNegatives">{counts.falseNegatives} missed</td>
              </tr>
              <tr>
                <th scope="row">normal</th>
                <td data-count="falsePositives">{count(counts.falsePositives, 'false alarm')}</td>
                <td data-count="trueNegatives">{counts.trueNegatives} left alone</td>
              </tr>
            </tbody>
          </table>
          <dl class="facts">
            <dt>Sensitivity</dt>
            <dd data-share="sensitivity">{shareWords(counts.sensitivity)}</dd>
            <dt>Specificity</dt>
            <dd data-share="specificity">{shareWords(counts.specificity)}</dd>
          </dl>
          <p class="quiet">In brackets: where the true share lies with 95 % confidence.</p>
        </div>
      </div>
      {model && (
        <div class="row">
          <Action main do={() => keep(send('PUT', `/v1/models/${model.id}/threshold`, { threshold }))}>
            Keep this threshold
          </Action>
          {calibration && (
            <Action
              do={async () => {
                await keep(remove(`/v1/models/${model.id}/threshold`));
                onThreshold(calibration.threshold);
              }}
            >
              Use the calibrated one ({calibration.threshold.toFixed(3)})
            </Action>
          )}
        </div>
      )}
      {model && calibration && (
        <p class="quiet">
          The calibrated threshold comes with a promise: at most {(100 * calibration.alpha).toFixed(0)} % of normal
          pictures raise an alarm. One that is set by hand has none.
        </p>
      )}
      {model && !calibration && (
        <p class="quiet">
          This detector is not calibrated: there is no promise about false alarms. Calibrate it{' '}
          <a href={`/app/models/${model.id}`}>on its page</a>, with normal pictures that it has not learned from.
        </p>
      )}
      {model?.manualThreshold && (
        <p class="quiet">Kept: {model.manualThreshold.threshold.toFixed(3)}, set by hand, without a promise.</p>
      )}
    </section>
  );
}
