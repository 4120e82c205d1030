import type { AdaptationRequest, Backbone, Dataset, Job } from '@mediclip/contracts';
import { useState } from 'preact/hooks';
import { all, send } from '../api/http.js';
import { learn } from '../state/jobs.js';
import { go } from '../state/router.js';
import { Action } from './action.js';
import { type Intensity, IntensityField } from './intensity.js';
import { useLoaded } from './loaded.js';
import { count, duration } from './words.js';

const usualShots = 16;
const usualEpochs = 50;

/** The way from a data set to a detector. */
export function MakeDetector({ dataset }: { dataset: Dataset }) {
  const available = dataset.counts.train.normal;
  const [name, setName] = useState(`Detector for ${dataset.name}`.slice(0, 200));
  const [shots, setShots] = useState<number>();
  const [seed, setSeed] = useState(0);
  const [epochs, setEpochs] = useState<number>();
  const [backbone, setBackbone] = useState('lite');
  const [intensity, setIntensity] = useState<Intensity>();
  const [excludesOutliers, setExcludesOutliers] = useState(false);
  const loaded = useLoaded(
    async () => ({
      backbones: (await all<Backbone>('/v1/backbones')).filter((one) => one.available),
      earlier: await all<Job>('/v1/jobs?kind=adaptation&state=succeeded', 10),
    }),
    [],
  );
  const chosenShots = Math.min(shots ?? usualShots, Math.max(available, 1));
  const make = async () => {
    const asked: AdaptationRequest = {
      datasetId: dataset.id,
      name: name.trim() || dataset.name,
      shots: chosenShots,
      seed,
      backbone,
      ...(epochs !== undefined && { training: { epochs } }),
      ...(intensity && { intensity }),
      ...(excludesOutliers && { excludeOutliers: true }),
    };
    const job = await send<Job>('POST', '/v1/adaptations', asked);
    learn(job);
    go(`/app/jobs/${job.id}`);
  };
  const estimate = secondsFrom(loaded.value?.earlier ?? [], backbone, epochs);
  return (
    <section class="card">
      <h2>Make a detector</h2>
      {available === 0 ? (
        <p>
          <progress aria-label="Normal pictures to learn from" value={0} max={1} /> Add at least one normal picture to
          learn from; 16 are a good number.
        </p>
      ) : (
        <p>
          It learns from {count(chosenShots, 'normal picture')}.{' '}
          {estimate === undefined
            ? 'It takes a few minutes on a laptop.'
            : `The last ones took about ${duration(estimate)}.`}
          {available < usualShots && ' With 16 normal pictures it usually gets better.'}
        </p>
      )}
      <details>
        <summary>More choices</summary>
        <div class="form">
          <label>
            Name
            <input value={name} maxLength={200} onInput={({ currentTarget }) => setName(currentTarget.value)} />
          </label>
          <label>
            Normal pictures to learn from
            <input
              type="number"
              min="1"
              max={available}
              value={chosenShots}
              onChange={({ currentTarget }) => setShots(Math.max(1, Math.round(currentTarget.valueAsNumber) || 1))}
            />
          </label>
          <label>
            Rounds of learning
            <input
              type="number"
              min="1"
              placeholder="as usual"
              value={epochs ?? ''}
              onChange={({ currentTarget }) => {
                const rounds = Math.round(currentTarget.valueAsNumber);
                setEpochs(rounds >= 1 ? rounds : undefined);
              }}
            />
          </label>
          <label>
            Seed (another one draws other pictures)
            <input
              type="number"
              min="0"
              value={seed}
              onChange={({ currentTarget }) => setSeed(Math.max(0, Math.round(currentTarget.valueAsNumber) || 0))}
            />
          </label>
          <label>
            Backbone
            <select value={backbone} onChange={({ currentTarget }) => setBackbone(currentTarget.value)}>
              {(loaded.value?.backbones ?? []).map(({ id, name: title }) => (
                <option key={id} value={id}>
                  {title}
                </option>
              ))}
            </select>
          </label>
          <IntensityField onChange={setIntensity} />
          <label class="check">
            <input
              type="checkbox"
              checked={excludesOutliers}
              onChange={({ currentTarget }) => setExcludesOutliers(currentTarget.checked)}
            />{' '}
            Leave out pictures that do not belong to the others
          </label>
        </div>
      </details>
      <Action main disabled={available === 0} do={make}>
        Make a detector
      </Action>
    </section>
  );
}

/** How long the latest detectors of this backbone took, for as many rounds. */
function secondsFrom(earlier: readonly Job[], backbone: string, epochs: number | undefined): number | undefined {
  for (const job of earlier) {
    if (job.kind !== 'adaptation' || job.startedAt === undefined || job.finishedAt === undefined) continue;
    const { options } = job.request;
    if (options.backbone !== backbone) continue;
    const took = (Date.parse(job.finishedAt) - Date.parse(job.startedAt)) / 1000;
    return (took * (epochs ?? usualEpochs)) / options.training.epochs;
  }
  return undefined;
}
