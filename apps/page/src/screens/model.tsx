import type { Alias, Dataset, Drift, Evaluation, Job, Model, ModelSummary } from '@mediclip/contracts';
import { useState } from 'preact/hooks';
import { all, get, send } from '../api/http.js';
import { LossChart } from '../charts/loss-chart.js';
import { Action } from '../parts/action.js';
import { Aliases } from '../parts/aliases.js';
import { Calibrate } from '../parts/calibrate.js';
import { DriftPanel } from '../parts/drift.js';
import { Evaluations } from '../parts/evaluations.js';
import { intensityWords } from '../parts/intensity.js';
import { datasetOf, JobLine } from '../parts/job-line.js';
import { Show, useLoaded } from '../parts/loaded.js';
import { NamedOptions } from '../parts/options.js';
import { Outliers } from '../parts/outliers.js';
import { Revisions } from '../parts/revisions.js';
import { Verdicts } from '../parts/verdicts.js';
import { count, detectorName, size, stateWords, when } from '../parts/words.js';
import { isFinal, jobs, learn } from '../state/jobs.js';
import { go } from '../state/router.js';

/** The detector: where it comes from, how good it is, and what can be done with it. */
export function ModelScreen({ id }: { id: string }) {
  const ofThis = [...jobs.value.values()].filter((job) => 'modelId' in job.request && job.request.modelId === id);
  const ended = ofThis.filter(isFinal).length;
  const loaded = useLoaded(
    async () => ({
      ...(await modelWithDrift(id)),
      models: await all<ModelSummary>('/v1/models'),
      evaluations: await all<Evaluation>(`/v1/evaluations?modelId=${id}`),
      aliases: await all<Alias>('/v1/aliases'),
      datasets: await all<Dataset>('/v1/datasets'),
      scorings: (await all<Job>('/v1/jobs?kind=scoring', 100)).filter(
        (job) => job.kind === 'scoring' && job.request.modelId === id,
      ),
    }),
    [id, ended],
  );
  return (
    <Show of={loaded}>
      {({ model, drift, models, evaluations, aliases, datasets, scorings }) => (
        <>
          <h1>{detectorName({ ...model, ...model.lineage, name: model.name }, datasets)}</h1>
          <p class="quiet">Made on {when(model.createdAt)}.</p>
          <Use model={model} datasets={datasets} />
          {ofThis
            .filter((job) => !isFinal(job))
            .map((job) => (
              <JobLine key={job.id} job={job} />
            ))}
          <Outliers {...model.lineage} />
          <Evaluations evaluations={evaluations} datasets={datasets} />
          <div class="pairs">
            <Calibrate model={model} datasets={datasets} />
            {scorings.length > 0 && <Scorings jobs={scorings} datasets={datasets} />}
            {model.verdicts && <Verdicts verdicts={model.verdicts} />}
            {drift && <DriftPanel drift={drift} />}
            <Revisions {...{ model, models, datasets }} />
            <Aliases model={model} aliases={aliases} onChange={loaded.reload} />
          </div>
          <section>
            <h2>Made from</h2>
            <div class="pairs">
              <Lineage model={model} datasets={datasets} />
              {model.lossHistory.length > 1 && (
                <LossChart
                  unit="epoch"
                  kept={model.selectedEpoch}
                  points={model.lossHistory.map(({ epoch, loss }) => ({ x: epoch, loss }))}
                  heldOut={model.lossHistory.flatMap(({ epoch, heldOutLoss }) =>
                    heldOutLoss === undefined ? [] : [{ x: epoch, loss: heldOutLoss }],
                  )}
                />
              )}
            </div>
          </section>
        </>
      )}
    </Show>
  );
}

interface OfModel {
  readonly model: Model;
  readonly datasets: readonly Dataset[];
}

/** What the detector was made from, and with what. */
function Lineage({ model: { lineage, intensity, createdAt, sizeBytes }, datasets }: OfModel) {
  return (
    <dl class="facts">
      <dt>Pictures</dt>
      <dd>
        {count(lineage.imageIds.length, 'normal picture')} of{' '}
        <a href={`/app/datasets/${lineage.datasetId}`}>
          {datasets.find(({ id }) => id === lineage.datasetId)?.name ?? 'its data set'}
        </a>
      </dd>
      <dt>Backbone</dt>
      <dd>{lineage.backbone}</dd>
      <dt>Greys</dt>
      <dd>{intensityWords(intensity)}</dd>
      <dt>Seed</dt>
      <dd>{lineage.seed}</dd>
      <dt>Made</dt>
      <dd>
        {when(createdAt)} on {lineage.device}, {size(sizeBytes)}
      </dd>
    </dl>
  );
}

/** What the detector has looked at. */
function Scorings({ jobs: scorings, datasets }: { jobs: readonly Job[]; datasets: readonly Dataset[] }) {
  return (
    <section>
      <h2>Results</h2>
      <ul class="plain">
        {scorings.map((job) => (
          <li key={job.id}>
            <a href={`/app/results/${job.id}`}>{datasetOf(job, datasets) ?? 'a deleted data set'}</a>{' '}
            <span class="quiet">
              {job.kind === 'scoring' && job.result ? count(job.result.scored, 'picture') : stateWords[job.state]},{' '}
              {when(job.createdAt)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A model and, where it is calibrated, whether its pictures have changed since. */
async function modelWithDrift(id: string): Promise<{ model: Model; drift: Drift | undefined }> {
  const model = await get<Model>(`/v1/models/${id}`);
  return { model, drift: model.calibration ? await get<Drift>(`/v1/models/${id}/drift`) : undefined };
}

/** Looks at the pictures of a data set, and takes the detector home. */
function Use({ model, datasets }: OfModel) {
  const [chosen, setChosen] = useState(model.lineage.datasetId);
  const dataset = datasets.find(({ id }) => id === chosen) ?? datasets[0];
  const hasTest = dataset !== undefined && dataset.counts.test.normal + dataset.counts.test.abnormal > 0;
  const look = async () => {
    const asked = { modelId: model.id, datasetId: dataset!.id };
    const scoring = await send<Job>('POST', '/v1/scorings', { ...asked, ...(hasTest && { split: 'test' }) });
    learn(scoring);
    if (hasTest) learn(await send<Job>('POST', '/v1/evaluations', asked));
    go(`/app/results/${scoring.id}`);
  };
  return (
    <section class="card">
      <h2>Use it</h2>
      <label>
        On the pictures of{' '}
        <select value={dataset?.id ?? ''} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
          <NamedOptions of={datasets} />
        </select>
      </label>
      <p class="quiet">
        {dataset?.counts.total === 0 ? (
          <>
            It is empty: <a href={`/app/datasets/${dataset.id}`}>add pictures</a> first.
          </>
        ) : hasTest ? (
          'Its test pictures are looked at, and the detector is measured on them.'
        ) : (
          'All its pictures are looked at.'
        )}
      </p>
      <div class="row">
        <Action main disabled={dataset === undefined || dataset.counts.total === 0} do={look}>
          Look at these pictures
        </Action>
        <a class="button" href={`/v1/models/${model.id}/export`} download>
          Take it home (ZIP)
        </a>
      </div>
    </section>
  );
}
