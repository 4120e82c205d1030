import path from 'node:path';
import {
  type AdaptationJob,
  colourPathsNote,
  copiesNote,
  hasColour,
  pixelDigest,
  readDetector,
  shotPreparation,
  shotsOf,
} from '@mediclip/adaptation';
import {
  type AdaptationOptions,
  type ChosenIntensity,
  type Image,
  ProblemError,
  serviceVersion,
} from '@mediclip/contracts';
import { onnxRuntimeVersion } from '@mediclip/engine';
import { chosenIntensity, givenIntensity, type SquareImage } from '@mediclip/imaging';
import { problemOf } from '@mediclip/problems';
import { type ModelDescription, StaleAttempt } from '@mediclip/store';
import type { WorkerDependencies } from '../../dependencies.js';
import { isWithoutEngine } from '../../engine-health.js';
import { backboneSide } from '../../models/listed-backbone.js';
import { type FixedImages, fixedImages, type ImageChoice } from '../fixed-images.js';
import type { JobContext, JobRunner } from '../job-context.js';
import { rememberedGroups } from '../learned-groups.js';
import { imageStatistics, loadImage } from '../load-image.js';
import { withWorkFolder } from '../work-folders.js';
import { CheckpointMirror } from './checkpoint-mirror.js';
import { chooseTrainingImages } from './choose-training-images.js';
import { judgeOutliers } from './judge-outliers.js';

type Dependencies = Pick<WorkerDependencies, 'engine' | 'imagingPool' | 'settings'>;
type Context = JobContext<'adaptation'>;

/**
 * Adapts a model to the normal images of a data set; goes on from the checkpoint that an earlier attempt left, on
 * whatever machine.
 */
export function adaptationJob(dependencies: Dependencies): JobRunner<'adaptation'> {
  const { workFolder } = dependencies.settings;
  return async (context) => {
    const { job, tenant, attempt } = context;
    const { options } = job.request;
    const seen = { kind: 'test', intensity: givenIntensity(options.intensity) } as const;
    const look = (image: Image) => loadShot(dependencies, context, image, seen);
    return withWorkFolder(workFolder, { ...attempt, tenant: tenant.tenant }, async (folder) => {
      const fixed = await fixedImages(context, async (images) => {
        const chosen = await withIntensity(dependencies, context, await chooseTrainingImages(images, options, look));
        const load = (image: Image) =>
          loadShot(dependencies, context, image, { kind: 'test', intensity: chosen.shots?.intensity });
        return judgeOutliers(dependencies.engine, context, chosen, load, path.join(folder, 'inspection'));
      });
      const outFolder = path.join(folder, 'detector');
      const images = await trainingImages(dependencies, context, fixed);
      const { shots } = fixed;
      const isColourLost = await losesColour(job.request.options, fixed.images, look);
      const origin = shots && { pixelDigests: shots.pixelDigests, copies: shots.copies.length };
      const training = { options, images, origin, intensity: shots?.intensity, workFolder: folder, outFolder };
      await train(dependencies, context, training);
      const description = await describeModel(dependencies, context, { fixed, outFolder });
      context.signal.throwIfAborted();
      const model = await tenant.models.create(attempt, description, outFolder);
      const copies = shots?.copies.length ?? 0;
      const notes = [
        ...(copies > 0 ? [copiesNote(fixed.images.length, copies)] : []),
        ...(shots?.notes ?? []),
        ...(isColourLost ? [colourPathsNote] : []),
      ];
      return { modelId: model.id, ...(notes.length > 0 && { notes }) };
    });
  };
}

/** Whether training sees less of the images than scoring does. */
async function losesColour(
  options: AdaptationOptions,
  images: readonly Image[],
  look: (image: Image) => Promise<SquareImage>,
): Promise<boolean> {
  if (shotPreparation(options) === 'test') return false;
  for (const image of images) if (hasColour(await look(image))) return true;
  return false;
}

/**
 * The chosen shots with the intensity that they decide; where it is another than they were looked at with, their
 * digests are those under it.
 */
async function withIntensity(
  dependencies: Dependencies,
  context: Context,
  { images, shots }: ImageChoice,
): Promise<ImageChoice> {
  const { job, tenant, signal } = context;
  const wanted = job.request.options.intensity;
  const statistics = [];
  for (const image of images) {
    const ofImage = await imageStatistics(tenant, dependencies.imagingPool, image, signal);
    if (ofImage) statistics.push(ofImage);
  }
  const intensity = chosenIntensity(wanted, statistics);
  if (!intensity || !shots) return { images, shots };
  const pixelDigests: string[] = [];
  for (const image of images) {
    pixelDigests.push(pixelDigest(await loadShot(dependencies, context, image, { kind: 'test', intensity })));
  }
  return { images, shots: { ...shots, pixelDigests, intensity } };
}

/** The images as training sees them, of the backbone's side. */
async function trainingImages(
  dependencies: Dependencies,
  context: Context,
  { images, shots }: FixedImages,
): Promise<AdaptationJob['images']> {
  const { job, report } = context;
  report({ phase: 'loading', done: 0, total: images.length });
  const kind = shotPreparation(job.request.options);
  const loaded: AdaptationJob['images'][number][] = [];
  for (const image of images) {
    loaded.push(await loadShot(dependencies, context, image, { kind, intensity: shots?.intensity }));
    report({ phase: 'loading', done: loaded.length, total: images.length });
  }
  return shotsOf(loaded);
}

/** A training image as it is trained on (`train`) or scored (`test`); a problem names it. */
async function loadShot(
  { imagingPool }: Dependencies,
  { job, tenant, signal }: Context,
  image: Image,
  seen: { readonly kind: 'train' | 'test'; readonly intensity: ChosenIntensity | undefined },
): Promise<SquareImage> {
  const side = backboneSide(job.request.options.backbone);
  try {
    return await loadImage(tenant, imagingPool, image, { side, ...seen, signal });
  } catch (error) {
    signal.throwIfAborted();
    const { slug, message, extras } = problemOf(error);
    const detail = `The training image ${image.fileName} (${image.id}) cannot be used: ${message}`;
    throw new ProblemError(slug, detail, extras, { cause: error });
  }
}

async function train(
  { engine }: Dependencies,
  { tenant, attempt, signal, log, report, abort }: Context,
  training: AdaptationJob,
): Promise<void> {
  const file = path.join(training.workFolder, 'training', 'checkpoint');
  const mirror = new CheckpointMirror(tenant.attempts, attempt, file, (error) => {
    if (error instanceof StaleAttempt) abort(error);
    else log.warn({ err: error }, 'checkpoint not copied to the store');
  });
  if (await mirror.restore()) log.info('going on from a checkpoint');
  try {
    await engine.adapt(training, {
      signal,
      onProgress: (progress) => {
        report(progress);
        mirror.update();
      },
    });
  } catch (error) {
    // An engine that is stopped has checkpointed before: whoever takes the job up goes on from there.
    if (isWithoutEngine(error)) await mirror.flush();
    throw error;
  } finally {
    await mirror.idle();
  }
}

async function describeModel(
  { engine }: Dependencies,
  { job }: Context,
  { fixed, outFolder }: { fixed: FixedImages; outFolder: string },
): Promise<ModelDescription> {
  const { options, datasetId } = job.request;
  const { description } = await readDetector(outFolder);
  const { provider } = engine.state;
  if (provider === undefined) throw new Error('The engine adapted without a device; this is a bug.');
  return {
    ...(options.name !== undefined && { name: options.name }),
    configuration: { ...options, taps: description.taps },
    ...(description.intensity && { intensity: description.intensity }),
    lineage: {
      jobId: job.id,
      datasetId,
      datasetDigest: fixed.datasetDigest,
      imageIds: fixed.images.map(({ id }) => id),
      ...rememberedGroups(fixed.images),
      ...(fixed.shots && { pixelDigests: fixed.shots.pixelDigests }),
      ...(fixed.shots && fixed.shots.copies.length > 0 && { copies: fixed.shots.copies }),
      ...(fixed.shots?.outliers && { outliers: fixed.shots.outliers }),
      backbone: description.backbone.id,
      backboneDigest: description.backbone.digest,
      seed: options.seed,
      device: provider,
      ...(description.precision && { precision: description.precision }),
      versions: { mediclip: serviceVersion, node: process.versions.node, onnxruntime: onnxRuntimeVersion },
    },
    lossHistory: description.lossHistory,
    selectedEpoch: description.selectedEpoch,
  };
}
