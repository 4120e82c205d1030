import {
  type DicomResults,
  type FileOutcome,
  type Label,
  type Model,
  problemSlug,
  type Split,
} from '@mediclip/contracts';
import type { InstanceUids } from '@mediclip/dicom-objects';
import type { Reading } from '@mediclip/imaging';
import { readingOf, type SpooledFile } from '@mediclip/intake';
import { newId, RecordExists } from '@mediclip/store';
import { usableBackbone } from '../backbones/backbone-catalogue.js';
import { type ImageDependencies, takeImages } from '../datasets/images.js';
import type { Call, HandlersOf, RawAnswer } from '../http/handlers.js';
import { type Submission, submitJob } from '../jobs/submit-job.js';
import { withTemporaryFolder } from '../uploads/temporary-folder.js';
import { failureReasonOf } from './failure-reasons.js';
import { receivedInstances } from './received-instances.js';
import { type InstanceOutcome, stowAnswer } from './stow-answer.js';

type DicomwebDependencies = ImageDependencies & Omit<Submission, 'usage'> & { readonly modelsFolder: string };

interface TakenInstance {
  readonly file: SpooledFile;
  readonly uids: InstanceUids;
}

/** Nobody has said what images that came to be scored are; a data set knows no third label. */
const unlabelled = { split: 'test', label: 'normal' } as const;

const receivedDataset = {
  name: 'Study received by DICOMweb',
  description: 'Images that came to be scored. Nobody has labelled them: that they are listed as normal means nothing.',
};

export function dicomwebHandlers(dependencies: DicomwebDependencies): HandlersOf<'storeStudyInDataset' | 'scoreStudy'> {
  const { dataDir } = dependencies.settings;
  return {
    storeStudyInDataset: (call) => withTemporaryFolder(dataDir, (folder) => storeStudy(call, folder, dependencies)),
    scoreStudy: (call) => withTemporaryFolder(dataDir, (folder) => scoreStudy(call, folder, dependencies)),
  };
}

async function storeStudy(
  call: Call<'storeStudyInDataset'>,
  folder: string,
  dependencies: DicomwebDependencies,
): Promise<RawAnswer> {
  const failed: InstanceOutcome[] = [];
  const taken: TakenInstance[] = [];
  const reading = readingOf(call.query, dependencies.patientKey);
  const { outcomes } = await takeImages(call, call.params.id, dependencies, async (intake) => {
    for await (const instance of receivedInstances(call, folder, dependencies)) {
      if (instance.failed) failed.push(instance.failed);
      else await intake.add({ ...incoming(instance, taken.push(instance), call.query), reading });
    }
  });
  return stowAnswer([...failed, ...outcomesOf(taken, outcomes)]);
}

/** Makes a data set and a job of the images of each study. */
async function scoreStudy(
  call: Call<'scoreStudy'>,
  folder: string,
  dependencies: DicomwebDependencies,
): Promise<RawAnswer> {
  const model = await call.store.models.get(call.params.id);
  usableBackbone(model.configuration.backbone, dependencies.modelsFolder);
  const outcomes: InstanceOutcome[] = [];
  const studies = new Map<string, TakenInstance[]>();
  for await (const instance of receivedInstances(call, folder, dependencies)) {
    if (instance.failed) outcomes.push(instance.failed);
    else studies.set(instance.uids.studyUid, [...(studies.get(instance.uids.studyUid) ?? []), instance]);
  }
  const dicomResults = await dicomResultsOf(call, model);
  // Groups are compared with those of the calibration, and so are made as those were.
  const dicomGroups = call.query.dicomGroups ?? model.calibration?.groups?.dicomGroups;
  const reading = readingOf({ dicomGroups }, dependencies.patientKey);
  const jobs: string[] = [];
  let id = call.newId;
  for (const instances of studies.values()) {
    const scored = await scoreInstances({ ...call, newId: id }, instances, { dicomResults, reading }, dependencies);
    outcomes.push(...scored.outcomes);
    if (scored.job !== undefined) jobs.push(scored.job);
    id = newId();
  }
  const link = jobs.map((job) => `<${job}>; rel="monitor"`).join(', ');
  return stowAnswer(outcomes, link === '' ? {} : { link });
}

/** Where the alias that the path names has results go, or else the model. */
async function dicomResultsOf(
  { request, store }: Call<'scoreStudy'>,
  model: Pick<Model, 'dicomResults'>,
): Promise<DicomResults | undefined> {
  const { id } = request.params as { readonly id: string };
  const alias = id.startsWith('@') ? await store.aliases.get(id.slice(1)) : undefined;
  return alias?.dicomResults ?? model.dicomResults;
}

async function scoreInstances(
  call: Call<'scoreStudy'>,
  instances: readonly TakenInstance[],
  { dicomResults, reading }: { readonly dicomResults: DicomResults | undefined; readonly reading: Reading },
  dependencies: DicomwebDependencies,
): Promise<{ readonly outcomes: InstanceOutcome[]; readonly job?: string }> {
  const { datasets } = call.store;
  await dependencies.usage.assertRoom(call.store, { datasets: 1 });
  const { id: datasetId } = await datasets.create(receivedDataset, call.newId).catch((error: unknown) => {
    if (error instanceof RecordExists) return datasets.get(call.newId);
    throw error;
  });
  dependencies.usage.added(call.store, { datasets: 1 });
  try {
    const upload = await takeImages(call, datasetId, dependencies, async (intake) => {
      for (const [index, instance] of instances.entries()) {
        await intake.add({ ...incoming(instance, index + 1, unlabelled), reading });
      }
    });
    const outcomes = outcomesOf(instances, upload.outcomes);
    if (upload.stored === 0) {
      await datasets.delete(datasetId);
      return { outcomes };
    }
    const request = {
      modelId: call.params.id,
      datasetId,
      split: unlabelled.split,
      ...(dicomResults && { dicomResults }),
    };
    const { location } = await submitJob(call, { kind: 'scoring', request }, dependencies);
    return { outcomes, ...(location !== undefined && { job: location }) };
  } catch (error) {
    await datasets.delete(datasetId).catch(() => undefined);
    throw error;
  }
}

/** The name of the file tells nothing: that which DICOM would give it is a UID. */
function incoming(
  { file }: TakenInstance,
  number: number,
  { split, label }: { readonly split: Split; readonly label: Label },
) {
  return { fileName: `instance-${number}.dcm`, split, label, file };
}

function outcomesOf(instances: readonly TakenInstance[], outcomes: readonly FileOutcome[]): InstanceOutcome[] {
  return instances.map(({ uids: { sopClassUid, sopInstanceUid } }, index) => {
    const outcome = outcomes[index];
    const failure = outcome?.outcome === 'rejected' ? failureReasonOf(problemSlug(outcome.error)) : undefined;
    return { sopClassUid, sopInstanceUid, failure };
  });
}
