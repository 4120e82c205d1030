import type { Model } from '@mediclip/contracts';
import { remove, send } from '../api/http.js';
import { Action } from '../parts/action.js';

interface KeepThresholdProps {
  readonly model: Model;
  readonly threshold: number;
  readonly onThreshold: (threshold: number) => void;
  readonly onKept: () => void;
}

/** Ways to keep a threshold with its model, and what each promises. */
export function KeepThreshold({ model, threshold, onThreshold, onKept }: KeepThresholdProps) {
  const { calibration, manualThreshold } = model;
  const keep = async (change: Promise<unknown>) => {
    await change;
    onKept();
  };
  return (
    <>
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
      {calibration ? (
        <p class="quiet">
          The calibrated threshold comes with a promise: at most {(100 * calibration.alpha).toFixed(0)} % of normal
          pictures raise an alarm. One that is set by hand has none.
        </p>
      ) : (
        <p class="quiet">
          This detector is not calibrated: there is no promise about false alarms. Calibrate it{' '}
          <a href={`/app/models/${model.id}`}>on its page</a>, with normal pictures that it has not learned from.
        </p>
      )}
      {manualThreshold && (
        <p class="quiet">Kept: {manualThreshold.threshold.toFixed(3)}, set by hand, without a promise.</p>
      )}
    </>
  );
}
