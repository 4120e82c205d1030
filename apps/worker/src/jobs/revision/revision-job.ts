import path from 'node:path';
import { readDetector, requireMemory, shotsOf } from '@mediclip/adaptation';
import {
  type Calibration,
  type Image,
  type Lineage,
  learnedPixelDigests,
  type Model,
  ProblemError,
  serviceVersion,
} from '@mediclip/contracts';
import { onnxRuntimeVersion } from '@mediclip/engine';
import type { SquareImage } from '@mediclip/imaging';
import { problemOf } from '@mediclip/problems';
import { datasetDigest, RecordNotFound } from '@mediclip/store';
import type { WorkerDependencies } from '../../dependencies.js';
import type { ModelCache, ReadyModel } from '../../models/model-cache.js';
import { normalOnes } from '../calibration/calibration-images.js';
import { calibrationOf } from '../calibration/calibration-of.js';
import { type FixedImages, fixedImages } from '../fixed-images.js';
import type { JobContext, JobRunner } from '../job-context.js';
import { rememberedGroups } from '../learned-groups.js';
import { loadImage } from '../load-image.js';
import { withWorkFolder } from '../work-folders.js';
import { chooseAdded } from './choose-added.js';
import { knownNormals } from './known-normals.js';

type Dependencies = Pick<WorkerDependencies, 'engine' | 'imagingPool' | 'settings'> & { readonly models: ModelCache };
type Context = JobContext<'revision'>;

/**
 * Makes a new model of another one and more normal images, whose own images it reads again. The other one is only read.
 * An attempt that was interrupted is begun again with the same images, and makes the same bytes.
 */
export function revisionJob(dependencies: Dependencies): JobRunner<'revision'> {
  return (context) => {
    const { tenant, job } = context;
    return dependencies.models.use(tenant, job.request.modelId, async (parent) => {
      requireMemory((await readDetector(parent.detector.folder)).description);
      const known = await loadAll(dependencies, context, parent, await knownNormals(tenant, parent.model.lineage));
      const judged = await tenant.judgedImages.of(parent.model.id);
      const { imageIds } = job.request;
      const look = (image: Image) => load(dependencies, context, parent, image);
      const fixed = await fixedImages(context, (all) => chooseAdded({ all, imageIds, judged, known, look }));
      const added = await loadAll(dependencies, context, parent, fixed.images);
      return revise(dependencies, context, { parent, fixed, images: shotsOf([...known, ...added]) });
    });
  };
}

interface Revision {
  readonly parent: ReadyModel;
  readonly fixed: FixedImages;
  /** Known ones, then added ones. */
  readonly images: ReturnType<typeof shotsOf>;
}

async function revise(dependencies: Dependencies, context: Context, { parent, fixed, images }: Revision) {
  const { engine, settings } = dependencies;
  const { tenant, attempt, signal, report } = context;
  return withWorkFolder(settings.workFolder, { ...attempt, tenant: tenant.tenant }, async (workFolder) => {
    const outFolder = path.join(workFolder, 'detector');
    const description = describe(dependencies, context, parent.model, fixed);
    const pixelDigests = learnedPixelDigests(description.lineage);
    const origin = { pixelDigests, parentDigest: parent.model.digest };
    const parentFolder = parent.detector.folder;
    await engine.revise({ parentFolder, images, origin, workFolder, outFolder }, { signal, onProgress: report });
    const { precision } = (await readDetector(outFolder)).description;
    const lineage: Lineage = { ...description.lineage, ...(precision && { precision }) };
    const { side, intensity } = parent;
    const ready = { detector: { id: `revision ${attempt.jobId}`, folder: outFolder }, side, intensity };
    const { calibration, notes } = await calibrateAgain(dependencies, context, {
      ready,
      lineage,
      parent: parent.model,
    });
    engine.forget(ready.detector.id);
    signal.throwIfAborted();
    const model = await tenant.models.create(attempt, { ...description, lineage }, outFolder, calibration);
    const all = [...leftOutNote(fixed.leftOut ?? 0), ...notes];
    return {
      modelId: model.id,
      added: fixed.images.length,
      calibrated: calibration !== null,
      ...(all.length > 0 && { notes: all }),
    };
  });
}

/** The new model: what was learned is the old one's. */
function describe({ engine }: Dependencies, { job }: Context, parent: Model, fixed: FixedImages) {
  const { name, configuration, intensity, lineage, lossHistory, selectedEpoch } = parent;
  const { provider } = engine.state;
  if (provider === undefined) throw new Error('The engine revised without a device; this is a bug.');
  const added = {
    datasetId: job.request.datasetId,
    datasetDigest: fixed.datasetDigest,
    imageIds: fixed.images.map(({ id }) => id),
    pixelDigests: [...(fixed.shots?.pixelDigests ?? [])],
    ...rememberedGroups(fixed.images),
  };
  return {
    ...(name !== undefined && { name }),
    configuration,
    ...(intensity && { intensity }),
    lineage: {
      ...lineage,
      jobId: job.id,
      parentModelId: parent.id,
      added: [...(lineage.added ?? []), added],
      device: provider,
      versions: { mediclip: serviceVersion, node: process.versions.node, onnxruntime: onnxRuntimeVersion },
    },
    lossHistory,
    selectedEpoch,
  };
}

/**
 * The thresholds of the new model where the old one is calibrated: from the images of that calibration, with its alpha.
 * Null, with a note for people, where they are gone or too few of them are left.
 */
async function calibrateAgain(
  dependencies: Dependencies,
  context: Context,
  { ready, lineage, parent }: { ready: Omit<ReadyModel, 'model'>; lineage: Lineage; parent: Model },
): Promise<{ calibration: Calibration | null; notes: readonly string[] }> {
  if (parent.calibration === null) return { calibration: null, notes: [] };
  const { datasetId, alpha, groups } = parent.calibration;
  const all: Image[] = [];
  try {
    for await (const image of context.tenant.images.all(datasetId)) all.push(image);
    const judged = await context.tenant.judgedImages.of(parent.id);
    return await calibrationOf(dependencies, context, {
      ready,
      lineage,
      images: normalOnes(all, judged),
      datasetId,
      datasetDigest: datasetDigest(all),
      alpha,
      highest: groups?.highest,
    });
  } catch (error) {
    if (error instanceof RecordNotFound) return uncalibrated(`The data set ${datasetId} is gone.`);
    if (error instanceof ProblemError && error.slug === 'too-few-images') return uncalibrated(error.message);
    throw error;
  }
}

const uncalibrated = (why: string) => ({
  calibration: null,
  notes: [`The model is not calibrated, because the images of the calibration before do not suffice. ${why}`],
});

const leftOutNote = (count: number): string[] =>
  count === 0
    ? []
    : [
        `${count} of the images were not added: they are copies (or nearly) of others, or a verdict calls them abnormal.`,
      ];

async function loadAll(
  dependencies: Dependencies,
  context: Context,
  parent: ReadyModel,
  images: readonly Image[],
): Promise<SquareImage[]> {
  const loaded: SquareImage[] = [];
  for (const image of images) {
    loaded.push(await load(dependencies, context, parent, image));
    context.report({ phase: 'loading', done: loaded.length, total: images.length });
  }
  return loaded;
}

/** A normal image as it is scored, which is how memories are made; a problem names it. */
async function load(
  { imagingPool }: Dependencies,
  { tenant, signal }: Context,
  { side, intensity }: ReadyModel,
  image: Image,
): Promise<SquareImage> {
  try {
    return await loadImage(tenant, imagingPool, image, { side, kind: 'test', intensity, signal });
  } catch (error) {
    signal.throwIfAborted();
    const { slug, message, extras } = problemOf(error);
    const detail = `The normal image ${image.fileName} (${image.id}) cannot be used: ${message}`;
    throw new ProblemError(slug, detail, extras, { cause: error });
  }
}
