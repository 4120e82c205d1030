import { pixelDigest } from '@mediclip/adaptation';
import { type AuditedEvaluation, evaluationAudit } from '@mediclip/audit';
import {
  type EvaluationScores,
  evaluationScoresFileName,
  type Image,
  learnedImageIds,
  learnedPixelDigests,
  ProblemError,
  reportFileName,
} from '@mediclip/contracts';
import { defaultHighest, groupFigures, imageFigures, pixelFigures } from '@mediclip/evaluation';
import { ImageError } from '@mediclip/imaging';
import { problemOf } from '@mediclip/problems';
import { DamagedContent } from '@mediclip/store';
import type { WorkerDependencies } from '../../dependencies.js';
import type { ModelCache, ReadyModel } from '../../models/model-cache.js';
import { withAuditThread } from '../audit/audit-thread.js';
import { giveTraits } from '../audit/give-traits.js';
import { fixedImages } from '../fixed-images.js';
import type { JobContext, JobRunner } from '../job-context.js';
import { learnedGroups, rememberedGroup } from '../learned-groups.js';
import { loadImage } from '../load-image.js';
import { type ScoreImagesDependencies, scoreImages } from '../scoring/score-images.js';
import { type ComparedModels, compareWithBaseline } from './compare-with-baseline.js';
import { type EvaluatedImage, logitsOf } from './evaluated-image.js';
import { type EvaluationThread, withEvaluationThread } from './evaluation-thread.js';
import { foreignImages } from './foreign-images.js';
import { type LeftOut, type ReportContent, reportData } from './report-data.js';
import { ShownMaps } from './shown-maps.js';

type Dependencies = ScoreImagesDependencies & Pick<WorkerDependencies, 'imagingPool'> & { readonly models: ModelCache };

/**
 * Scores the test images of a data set, computes the figures, compares with a baseline, and leaves it all with a
 * report.
 */
export function evaluationJob(dependencies: Dependencies): JobRunner<'evaluation'> {
  return async (context) => {
    const { job, tenant, attempt, signal } = context;
    const { modelId, datasetId } = job.request;
    const { images, datasetDigest } = await fixedImages(context, (all) => ({ images: testImages(all) }));
    const dataset = await tenant.datasets.get(datasetId);
    return dependencies.models.use(tenant, modelId, (ready) =>
      withEvaluationThread({ threshold: ready.model.calibration?.mapThreshold }, async (thread) => {
        const measured = await measure(dependencies, context, ready, images, thread);
        context.report({ phase: 'reporting', done: 0, total: 1 });
        const { compared, ...content } = measured;
        const shown = { ...content, dataset, datasetDigest, comparison: compared?.shown };
        const report = await thread.run('report', await reportData(dependencies, context, ready, shown), { signal });
        signal.throwIfAborted();
        const description = { modelId, datasetId, datasetDigest, ...described(measured) };
        const { id } = await tenant.evaluations.create(attempt, description, {
          [reportFileName]: new TextEncoder().encode(report),
          [evaluationScoresFileName]: new TextEncoder().encode(JSON.stringify(keptScores(measured.evaluated))),
        });
        return { evaluationId: id };
      }),
    );
  };
}

/** All that an evaluation finds. */
interface Measured extends Omit<ReportContent, 'dataset' | 'datasetDigest' | 'comparison'> {
  readonly compared: ComparedModels | undefined;
}

/** Scores the test images and computes the figures, those beside the baseline and the audit's included. */
async function measure(
  dependencies: Dependencies,
  context: JobContext<'evaluation'>,
  ready: ReadyModel,
  images: readonly Image[],
  thread: EvaluationThread,
): Promise<Measured> {
  const { maskShares, ...scored } = await scoreAll(dependencies, context, ready, images, thread);
  const { evaluated } = scored;
  context.report({ phase: 'reporting', done: 0, total: 1 });
  const asked = {
    scores: evaluated.map(({ score }) => score),
    logits: logitsOf(evaluated),
    abnormal: evaluated.map(isAbnormal),
    groups: evaluated.map(({ image }) => image.group),
    foreign: evaluated.map(({ kinship }) => kinship?.foreign !== undefined),
    highest: ready.model.calibration?.groups?.highest ?? defaultHighest,
  };
  const figures = await thread.run('figures', asked, { signal: context.signal });
  return {
    ...scored,
    figures,
    foreign: foreignImages(evaluated, figures.aurocWithoutForeign),
    compared: await compareWithBaseline(dependencies, context, evaluated, thread),
    audit: await audited(dependencies, context, images, evaluated),
    masks: maskShares.length,
    maskShares: maskShares.length > 0 ? spreadOf(maskShares) : undefined,
  };
}

const isAbnormal = ({ image }: EvaluatedImage): boolean => image.label === 'abnormal';

/** What an evaluation found, as its record has it. */
function described({ evaluated, figures, foreign, compared, audit, masks, maskShares, leftOut }: Measured) {
  const abnormal = evaluated.filter(isAbnormal).length;
  return {
    images: { normal: evaluated.length - abnormal, abnormal, masks, ...(maskShares && { maskShares }), ...leftOut },
    image: imageFigures(figures.image),
    ...(foreign && { foreign }),
    pixel: pixelFigures(figures.pixel, masks),
    ...(figures.groups && { groups: groupFigures(figures.groups) }),
    ...(compared && { comparison: compared.figures }),
    audit: evaluationAudit(audit),
  };
}

function keptScores(evaluated: readonly EvaluatedImage[]): EvaluationScores {
  return evaluated.map(({ image: { id: imageId, label }, score, logit }) => ({
    imageId,
    label,
    score,
    ...(logit !== undefined && { scoreLogit: logit }),
  }));
}

/** What an audit of the test images and the training images of the data set says of the scores. */
async function audited(
  dependencies: Dependencies,
  context: JobContext<'evaluation'>,
  test: readonly Image[],
  evaluated: readonly EvaluatedImage[],
): Promise<AuditedEvaluation> {
  const { tenant, job, signal } = context;
  const training: Image[] = [];
  for await (const image of tenant.images.all(job.request.datasetId)) if (image.split === 'train') training.push(image);
  const scores = new Map(evaluated.map(({ image, score, logit }) => [image.id, logit ?? score]));
  return withAuditThread(async (thread) => {
    await giveTraits(dependencies, context, [...training, ...test], thread);
    return thread.run('evaluation', scores, { signal });
  });
}

/** The images that are evaluated on. Throws `too-few-images` when there is none. */
function testImages(images: readonly Image[]): Image[] {
  const test = images.filter(({ split }) => split === 'test');
  if (test.length > 0) return test;
  throw new ProblemError('too-few-images', 'The data set has no test images to evaluate on: upload some.', {
    needed: 1,
    available: 0,
  });
}

/**
 * Scores the images and adds the pixels of those with a known mask to the figures: abnormal images by their mask,
 * normal ones as normal all over. In no figure is an image whose file or mask cannot be read, one that shows what an
 * earlier one of its label shows, and one that the model has learned from, or others of its group. Of the maps, those
 * that the report may show are kept.
 */
async function scoreAll(
  dependencies: Dependencies,
  context: JobContext<'evaluation'>,
  ready: ReadyModel,
  images: readonly Image[],
  thread: EvaluationThread,
): Promise<{ evaluated: EvaluatedImage[]; maps: ShownMaps; maskShares: number[]; leftOut: LeftOut }> {
  const evaluated: EvaluatedImage[] = [];
  const maps = new ShownMaps();
  const maskShares: number[] = [];
  const { lineage } = ready.model;
  const learnedIds = new Set(learnedImageIds(lineage));
  const learnedPixels = new Set(learnedPixelDigests(lineage));
  const ofLearned = learnedGroups(lineage);
  const isOfLearnedGroup = ({ group, datasetId }: Image) =>
    group !== undefined && ofLearned.has(rememberedGroup(group, datasetId));
  const unseen = images.filter((image) => !learnedIds.has(image.id) && !isOfLearnedGroup(image));
  const distinct = firstOfEachPicture(unseen);
  const leftOut = { rejected: 0, copies: unseen.length - distinct.length, learned: images.length - unseen.length };
  const shown = new Set<string>();
  let done = 0;
  context.report({ phase: 'scoring', done, total: distinct.length });
  for await (const { image, scored, picture, problem } of scoreImages(dependencies, context, ready, distinct)) {
    const pixels = picture && pixelDigest(picture);
    if (pixels !== undefined && learnedPixels.has(pixels)) leftOut.learned++;
    else if (shown.has(`${image.label} ${pixels}`)) leftOut.copies++;
    else {
      const mask = scored && (await maskOf(dependencies, context, image, scored.mapSide));
      const obstacle = problem ?? (mask instanceof ProblemError ? mask : undefined);
      if (obstacle || !scored) {
        leftOut.rejected++;
        context.log.warn({ imageId: image.id, problem: obstacle?.slug }, 'image left out of the evaluation');
      } else {
        if (mask instanceof Uint8Array) {
          const { map, mapSide: side } = scored;
          await thread.run('add', { map, mask, side }, { signal: context.signal });
          if (image.label === 'abnormal') maskShares.push(shareOf(mask));
        }
        shown.add(`${image.label} ${pixels}`);
        maps.offer(evaluated.length, image.label === 'abnormal', scored);
        evaluated.push({ image, score: scored.score, logit: scored.logit, kinship: scored.kinship });
      }
    }
    context.report({ phase: 'scoring', done: ++done, total: distinct.length });
  }
  return { evaluated, maps, maskShares, leftOut };
}

/** The share of its pixels that a mask marks. */
function shareOf(mask: Uint8Array): number {
  return mask.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0) / mask.length;
}

/** How the shares of at least one mask lie. */
function spreadOf(shares: readonly number[]): { smallest: number; median: number; largest: number } {
  const sorted = shares.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return {
    smallest: sorted[0]!,
    median: (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2,
    largest: sorted.at(-1)!,
  };
}

/** One of the files with equal bytes and label: the first that has a mask, else the first. In order of upload. */
function firstOfEachPicture(images: readonly Image[]): Image[] {
  const kept = new Map<string, Image>();
  for (const image of images) {
    const key = `${image.label} ${image.sha256}`;
    const known = kept.get(key);
    if (!known || (!known.mask && image.mask)) kept.set(key, image);
  }
  const keptImages = new Set(kept.values());
  return images.filter((image) => keptImages.has(image));
}

/**
 * The mask of an image at the size of its map, undefined for an abnormal image without one, or the problem of its file.
 */
async function maskOf(
  { imagingPool }: Dependencies,
  { tenant, signal }: JobContext<'evaluation'>,
  image: Image,
  side: number,
): Promise<Uint8Array | ProblemError | undefined> {
  if (image.label === 'normal') return new Uint8Array(side * side);
  if (image.mask === undefined) return undefined;
  try {
    return (await loadImage(tenant, imagingPool, image, { side, kind: 'mask', signal })).data;
  } catch (error) {
    if (error instanceof ImageError || error instanceof DamagedContent) return problemOf(error);
    throw error;
  }
}
