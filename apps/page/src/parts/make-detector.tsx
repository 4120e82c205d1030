import type { AdaptationRequest, Backbone, Dataset, Job } from '@mediclip/contracts';
import { useState } from 'preact/hooks';
import { all, send } from '../api/http.js';
import { learn } from '../state/jobs.js';
import { go } from '../state/router.js';
import { Action } from './action.js';
import { type Choices, DetectorChoices } from './detector-choices.js';
import { useLoaded } from './loaded.js';
import { count, duration } from './words.js';

const usualShots = 16;
const usualEpochs = 50;

/** The way from a data set to a detector. */
export function MakeDetector({ dataset }: { dataset: Dataset }) {
  const available = dataset.counts.train.normal;
  const [choices, setChoices] = useState<Choices>({
    name: `Detector for ${dataset.name}`.slice(0, 200),
    shots: undefined,
    seed: 0,
    epochs: undefined,
    backbone: 'lite',
    intensity: undefined,
    excludesOutliers: false,
  });
  const { epochs, backbone, intensity, seed } = choices;
  const loaded = useLoaded(
    async () => ({
      backbones: (await all<Backbone>('/v1/backbones')).filter((one) => one.available),
      earlier: await all<Job>('/v1/jobs?kind=adaptation&state=succeeded', 10),
    }),
    [],
  );
  const chosenShots = Math.min(choices.shots ?? usualShots, Math.max(available, 1));
  const make = async () => {
    const asked: AdaptationRequest = {
      datasetId: dataset.id,
      name: choices.name.trim() || dataset.name,
      shots: chosenShots,
      seed,
      backbone,
      ...(epochs !== undefined && { training: { epochs } }),
      ...(intensity && { intensity }),
      ...(choices.excludesOutliers && { excludeOutliers: true }),
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
        <DetectorChoices
          choices={choices}
          shots={chosenShots}
          available={available}
          backbones={loaded.value?.backbones ?? []}
          onChange={(change) => setChoices((before) => ({ ...before, ...change }))}
        />
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
