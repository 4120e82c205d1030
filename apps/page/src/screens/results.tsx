import type { Job, Label, Model, ScoringResult } from '@mediclip/contracts';
import { useState } from 'preact/hooks';
import { all, get, request, send } from '../api/http.js';
import { Action } from '../parts/action.js';
import { JobLine } from '../parts/job-line.js';
import { Show, useLoaded } from '../parts/loaded.js';
import { count } from '../parts/words.js';
import { everyResult, FilterFields, passes } from '../results/filter.js';
import { Gallery } from '../results/gallery.js';
import { Groups } from '../results/groups.js';
import { PictureDialog } from '../results/picture-dialog.js';
import { Refit } from '../results/refit.js';
import { isFlagged, isScored, type Scored } from '../results/scored.js';
import { ThresholdPanel } from '../results/threshold-panel.js';
import { jobs, readJob } from '../state/jobs.js';

type ScoringJob = Extract<Job, { kind: 'scoring' }>;

interface ResultsData {
  readonly job: ScoringJob;
  readonly model: Model | undefined;
  readonly results: readonly Scored[];
  readonly failed: number;
}

const startThreshold = 0.5;
const defaultHeatFrom = 0.5;

/** What a detector found in a data set. */
export function ResultsScreen({ id }: { id: string }) {
  const known = jobs.value.get(id);
  const loaded = useLoaded(() => load(id), [id, known?.state]);
  return (
    <>
      <h1>Results</h1>
      <Show of={loaded}>
        {({ job, ...data }) =>
          job.state === 'succeeded' ? (
            <Found key={id} job={job} {...data} onChange={loaded.reload} />
          ) : (
            <JobLine job={known ?? job} />
          )
        }
      </Show>
    </>
  );
}

async function load(id: string): Promise<ResultsData> {
  const job = (await readJob(id)) as ScoringJob;
  if (job.state !== 'succeeded') return { job, model: undefined, results: [], failed: 0 };
  const results = await all<ScoringResult>(`/v1/jobs/${id}/results?sort=-score`);
  // A detector that was deleted since leaves its results.
  const model = await get<Model>(`/v1/models/${job.request.modelId}`).catch(() => undefined);
  const scored = results.filter(isScored);
  return { job, model, results: scored, failed: results.length - scored.length };
}

function Found({ job, model, results, failed, onChange }: ResultsData & { onChange: () => void }) {
  const kept = model?.manualThreshold?.threshold ?? model?.calibration?.threshold ?? startThreshold;
  const [threshold, setThreshold] = useState(kept);
  const [filter, setFilter] = useState(everyResult);
  const [openId, setOpenId] = useState<string>();
  const [verdicts, setVerdicts] = useState<ReadonlyMap<string, Scored>>(new Map());
  const { datasetId } = job.request;
  const judged = results.map((result) => verdicts.get(result.imageId) ?? result);
  const shown = judged.filter((result) => passes(result, filter, threshold));
  const open = judged.find(({ imageId }) => imageId === openId);
  const move = (step: 1 | -1) => {
    const next = shown[shown.findIndex(({ imageId }) => imageId === openId) + step];
    if (next) setOpenId(next.imageId);
  };
  const judge = async (verdict: Label) => {
    const result = await send<Scored>('POST', `/v1/jobs/${job.id}/results/${openId}/verdict`, { verdict });
    setVerdicts((before) => new Map(before).set(result.imageId, result));
  };
  const foreign = judged.filter((result) => result.foreign !== undefined).length;
  const flagged = judged.filter((result) => isFlagged(result, threshold)).length;
  return (
    <>
      <p>
        {count(results.length, 'picture')} looked at, <strong>{flagged} called abnormal</strong>
        {failed > 0 && `, ${failed} could not be read`}.{' '}
        {model && (
          <>
            By <a href={`/app/models/${model.id}`}>{model.name ?? 'the detector'}</a>.{' '}
          </>
        )}
        <a href={`/app/datasets/${datasetId}`}>See the data set</a>
      </p>
      <ForeignNote count={foreign} />
      <ThresholdPanel
        model={model}
        scores={results}
        threshold={threshold}
        onThreshold={setThreshold}
        onKept={onChange}
      />
      {model && <Refit modelId={model.id} datasetId={datasetId} results={judged} />}
      {results.some(({ group }) => group !== undefined) && <Groups jobId={job.id} onOpen={setOpenId} />}
      <section>
        <h2>Pictures, most unusual first</h2>
        <div class="row controls">
          <FilterFields filter={filter} onFilter={setFilter} />
          <Action do={() => saveTable(job.id)}>Save as a table (CSV)</Action>
        </div>
        <Gallery datasetId={datasetId} results={shown} threshold={threshold} onOpen={setOpenId} />
        {shown.length === 0 && <p class="quiet">No picture fits this choice.</p>}
      </section>
      {open && (
        <PictureDialog
          jobId={job.id}
          datasetId={datasetId}
          result={open}
          threshold={threshold}
          heatFrom={model?.calibration?.mapThreshold ?? defaultHeatFrom}
          onMove={move}
          onVerdict={judge}
          onClose={() => setOpenId(undefined)}
        />
      )}
    </>
  );
}

function ForeignNote({ count: foreign }: { count: number }) {
  if (foreign === 0) return null;
  return (
    <p class="problem">
      <strong>{count(foreign, 'picture is', 'pictures are')} not of the kind that this detector knows</strong> (◆):{' '}
      {foreign === 1 ? 'its score says' : 'their scores say'} nothing about disease. Look at{' '}
      {foreign === 1 ? 'it' : 'them'} before you trust the figures below.
    </p>
  );
}

/** Hands the table of all results to the browser as a file. */
async function saveTable(jobId: string): Promise<void> {
  const answer = await request('GET', `/v1/jobs/${jobId}/results?sort=-score`, { accept: 'text/csv' });
  const url = URL.createObjectURL(await answer.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = `results-${jobId}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}
