import type { Dataset, Job, ModelSummary } from '@mediclip/contracts';
import { useState } from 'preact/hooks';
import { all, send } from '../api/http.js';
import { Action } from '../parts/action.js';
import { DropArea } from '../parts/drop-area.js';
import { JobLine } from '../parts/job-line.js';
import { Show, useLoaded } from '../parts/loaded.js';
import { PlanDialog } from '../parts/plan-dialog.js';
import { ProblemNote } from '../parts/problem.js';
import { count, detectorName, when } from '../parts/words.js';
import { jobs } from '../state/jobs.js';
import { go } from '../state/router.js';
import { uploadArchive, uploadImages } from '../state/uploads.js';
import { type ChosenFile, isArchive } from '../upload/chosen-files.js';
import { type PlannedImage, type Preview, planFolder, previewArchive } from '../upload/plan.js';
import type { Reading } from '../upload/reading.js';

declare const examplesFile: string;

const recent = 6;

/** What somebody dropped, and how it is sent. */
interface Found {
  readonly name: string;
  readonly plan: Preview;
  readonly send: (reading: Reading, name: string) => Promise<void>;
}

/** Where everybody begins. */
export function StartScreen() {
  const [plan, setPlan] = useState<Found>();
  const [error, setError] = useState<unknown>();
  const take = async (files: ChosenFile[]) => {
    setError(undefined);
    const [first] = files;
    if (first === undefined) return;
    if (files.length === 1 && isArchive(first)) {
      const name = first.file.name.replace(/\..*$/, '');
      const archive = await previewArchive(first.file);
      setPlan({ name, plan: archive, send: (...chosen) => sendArchive(first.file, ...chosen) });
      return;
    }
    const name = first.path.includes('/') ? first.path.split('/')[0]! : 'My pictures';
    const folder = await planFolder(files);
    setPlan({ name, plan: folder, send: (...chosen) => sendImages(folder.images, ...chosen) });
  };
  const onFiles = (files: ChosenFile[]) => void take(files).catch(setError);
  return (
    <>
      <h1>Find what does not look normal</h1>
      <p class="lead">
        Show this program a handful of normal medical pictures, and it learns to point at what is unusual in new ones.
      </p>
      <p>
        A data set needs at least one normal picture to learn from, better 16; to see how well it works, add some normal
        and abnormal ones to test with.
      </p>
      <DropArea label="Drop a folder of pictures here" onFiles={onFiles}>
        <span class="quiet">or pick picture files or one archive. PNG, JPEG, TIFF, DICOM and more.</span>
      </DropArea>
      <div class="row">
        <Action main do={tryExamples}>
          Try it on the bundled brain images
        </Action>
        <Action do={newDataset}>Start with an empty data set</Action>
      </div>
      <ProblemNote error={error} />
      {plan && <PlanDialog name={plan.name} plan={plan.plan} onCancel={() => setPlan(undefined)} onSend={plan.send} />}
      <Latest />
    </>
  );
}

/** What was made and done lately. */
function Latest() {
  const loaded = useLoaded(
    async () => ({
      datasets: await all<Dataset>('/v1/datasets', recent),
      models: await all<ModelSummary>('/v1/models', recent),
      latest: await all<Job>('/v1/jobs', recent),
    }),
    [],
  );
  return (
    <Show of={loaded}>
      {({ datasets, models, latest }) => (
        <div class="columns">
          <section>
            <h2>Data sets</h2>
            <ul class="plain">
              {datasets.map(({ id, name, counts, createdAt }) => (
                <li key={id}>
                  <a href={`/app/datasets/${id}`}>{name}</a>{' '}
                  <span class="quiet">
                    {count(counts.total, 'picture')}, {when(createdAt)}
                  </span>
                </li>
              ))}
            </ul>
            {datasets.length === 0 && <p class="quiet">None yet.</p>}
          </section>
          <section>
            <h2>Detectors</h2>
            <ul class="plain">
              {models.map((model) => (
                <li key={model.id}>
                  <a href={`/app/models/${model.id}`}>{detectorName(model, datasets)}</a>{' '}
                  <span class="quiet">
                    {model.parentModelId === undefined ? `from ${count(model.shots, 'picture')}` : 'a refit'},{' '}
                    {when(model.createdAt)}
                  </span>
                </li>
              ))}
            </ul>
            {models.length === 0 && <p class="quiet">None yet.</p>}
          </section>
          <section>
            <h2>Latest work</h2>
            <ul class="plain">
              {latest.map((job) => (
                <li key={job.id}>
                  <JobLine job={jobs.value.get(job.id) ?? job} />
                  <span class="quiet">{when(job.createdAt)}</span>
                </li>
              ))}
            </ul>
            {latest.length === 0 && <p class="quiet">None yet.</p>}
          </section>
        </div>
      )}
    </Show>
  );
}

async function sendImages(images: readonly PlannedImage[], reading: Reading, name: string): Promise<void> {
  const dataset = await send<Dataset>('POST', '/v1/datasets', { name });
  void uploadImages(dataset.id, images, reading);
  go(`/app/datasets/${dataset.id}`);
}

async function sendArchive(archive: Blob, reading: Reading, name: string): Promise<void> {
  const dataset = await send<Dataset>('POST', '/v1/datasets', { name });
  void uploadArchive(dataset.id, archive, reading);
  go(`/app/datasets/${dataset.id}`);
}

async function tryExamples(): Promise<void> {
  const archive = await fetch(examplesFile);
  if (!archive.ok) throw new Error('The bundled pictures are not there.');
  await sendArchive(await archive.blob(), {}, 'Synthetic brain MRI');
}

async function newDataset(): Promise<void> {
  const { id } = await send<Dataset>('POST', '/v1/datasets', { name: 'My pictures' });
  go(`/app/datasets/${id}`);
}
