import type { Calibration, Dataset, Job, Model } from '@mediclip/contracts';
import { useState } from 'preact/hooks';
import { send } from '../api/http.js';
import { learn } from '../state/jobs.js';
import { Action } from './action.js';
import { NamedOptions } from './options.js';
import { count } from './words.js';

/** The threshold of a detector, and a way to draw it from normal pictures. */
export function Calibrate({ model, datasets }: { model: Model; datasets: readonly Dataset[] }) {
  const { calibration, manualThreshold } = model;
  const [datasetId, setDatasetId] = useState(calibration?.datasetId ?? model.lineage.datasetId);
  const [percent, setPercent] = useState(100 * (calibration?.alpha ?? 0.1));
  const calibrate = async () => {
    const asked = { datasetId, alpha: percent / 100 };
    learn(await send<Job>('POST', `/v1/models/${model.id}/calibration`, asked));
  };
  return (
    <section>
      <h2>Threshold</h2>
      {manualThreshold && (
        <p>
          Pictures with a score above <strong>{manualThreshold.threshold.toFixed(3)}</strong> are called abnormal. This
          threshold was set by hand, without a promise.
        </p>
      )}
      {calibration ? (
        <p>
          Calibrated on {count(calibration.images, 'normal picture')}: above{' '}
          <strong>{calibration.threshold.toFixed(3)}</strong>, at most {(100 * calibration.alpha).toFixed(0)} % of
          normal pictures raise an alarm.
          {calibration.groups && ` ${groupWords(calibration.groups)}`}
        </p>
      ) : (
        <p>It is not calibrated: there is no promise yet about how often normal pictures raise an alarm.</p>
      )}
      <details>
        <summary>Calibrate</summary>
        <div class="form">
          <label>
            On the normal pictures that it has not learned from, of
            <select value={datasetId} onChange={({ currentTarget }) => setDatasetId(currentTarget.value)}>
              <NamedOptions of={datasets} />
            </select>
          </label>
          <label>
            False alarms allowed, % of normal pictures
            <input
              type="number"
              min="0.1"
              max="99"
              step="any"
              value={percent}
              onChange={({ currentTarget }) => setPercent(currentTarget.valueAsNumber || percent)}
            />
          </label>
        </div>
        <Action do={calibrate}>Calibrate</Action>
      </details>
    </section>
  );
}

/** What is promised where the pictures of the calibration are of patients, series or volumes. */
function groupWords({ count: groups, highest, threshold }: NonNullable<Calibration['groups']>): string {
  const from = `The pictures are of ${count(groups, 'group')}, and pictures of one group are alike`;
  return threshold === undefined
    ? `${from}: that is too few to promise it of groups, and of single pictures it is not promised.`
    : `${from}: it is promised of groups, by the mean of their ${highest} highest scores, and not of single pictures.`;
}
