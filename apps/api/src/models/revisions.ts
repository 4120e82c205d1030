import { type Model, ProblemError, type RevisionRequest } from '@mediclip/contracts';
import { RecordNotFound, type TenantStore } from '@mediclip/store';
import pMap from 'p-map';
import { usableBackbone } from '../backbones/backbone-catalogue.js';
import type { HandlersOf } from '../http/handlers.js';
import { type Submission, submitJob, tooFewImages } from '../jobs/submit-job.js';

const readsAtOnce = 16;

export function revisionHandlers(
  dependencies: Submission & { readonly modelsFolder: string },
): HandlersOf<'reviseModel'> {
  return {
    async reviseModel(call) {
      const model = await call.store.models.get(call.params.id);
      if (!hasMemory(model)) throw new ProblemError('model-without-memory');
      usableBackbone(model.configuration.backbone, dependencies.modelsFolder);
      await assertNormal(call.store, model.id, call.body);
      return submitJob(call, { kind: 'revision', request: { modelId: model.id, ...call.body } }, dependencies);
    },
  };
}

/**
 * Whether the adaptation of a model has made a memory: its options want one, and there were two images to measure by.
 */
function hasMemory({ configuration: { scoring }, lineage }: Model): boolean {
  return (scoring.memoryWeight > 0 || scoring.memoryImageWeight > 0) && lineage.imageIds.length >= 2;
}

/** Throws a problem when an image that is named is not in the data set, or a person or its label calls it abnormal. */
async function assertNormal(
  { images, judgedImages }: TenantStore,
  modelId: string,
  { datasetId, imageIds }: RevisionRequest,
): Promise<void> {
  const judged = await judgedImages.of(modelId);
  const verdicts = new Map(judged.map(({ imageId, verdict }) => [imageId, verdict]));
  if (imageIds === undefined) {
    const { train } = await images.counts(datasetId);
    const calledNormal = judged.some((image) => image.datasetId === datasetId && image.verdict === 'normal');
    if (train.normal === 0 && !calledNormal) throw tooFewImages(1, 0, 'normal training images');
    return;
  }
  const faults = await pMap(
    imageIds,
    async (id, index) => {
      const label = verdicts.get(id) ?? (await labelOf(images, datasetId, id));
      if (label === 'normal') return [];
      const detail =
        label === undefined
          ? `The data set has no image ${id}`
          : `The image ${id} is abnormal, and only normal images are added`;
      return [{ in: 'body' as const, pointer: `/imageIds/${index}`, detail }];
    },
    { concurrency: readsAtOnce },
  );
  const errors = faults.flat();
  if (errors.length > 0) throw new ProblemError('validation-failed', errors[0]!.detail, { errors });
}

async function labelOf(images: TenantStore['images'], datasetId: string, imageId: string) {
  try {
    return (await images.get(datasetId, imageId)).label;
  } catch (error) {
    if (!(error instanceof RecordNotFound)) throw error;
    return undefined;
  }
}
