import { DistinctPictures, pixelDigest } from '@mediclip/adaptation';
import { type Image, ProblemError } from '@mediclip/contracts';
import { conformalThreshold } from '@mediclip/evaluation';
import type { AnomalyMap } from '@mediclip/maps';
import type { ModelCache } from '../../models/model-cache.js';
import { fixedImages } from '../fixed-images.js';
import type { JobContext, JobRunner } from '../job-context.js';
import { type ScoreImagesDependencies, scoreImages } from '../scoring/score-images.js';
import { unseenNormalImages } from './calibration-images.js';

type Dependencies = ScoreImagesDependencies & { readonly models: ModelCache };

/**
 * Gives a model split-conformal thresholds from normal images that it has not learned from: one for scores from their scores, one for maps
 * from the peaks of their maps. Copies and near copies count once.
 */
export function calibrationJob(dependencies: Dependencies): JobRunner<'calibration'> {
  return async (context) => {
    const { job, tenant, attempt, signal } = context;
    const { modelId, datasetId, alpha } = job.request;
    const { images, datasetDigest } = await fixedImages(context, (all) => ({
      images: all.filter(({ label }) => label === 'normal'),
    }));
    const { used, leftOut } = await scoreUsable(dependencies, context, images);
    const notes = whatWasLeftOut(leftOut);
    const threshold = thresholdOf(
      used.map(({ score }) => score),
      alpha,
      notes,
    );
    const mapThreshold = thresholdOf(
      used.map(({ peak }) => peak),
      alpha,
      notes,
    );
    const logits = used.flatMap(({ logit }) => logit ?? []);
    const hasLogits = logits.length === used.length;
    signal.throwIfAborted();
    await tenant.models.calibrate(attempt, modelId, {
      alpha,
      threshold,
      ...(hasLogits && { thresholdLogit: thresholdOf(logits, alpha, notes) }),
      mapThreshold,
      images: used.length,
      scores: used.map(({ score }) => score).sort(ascending),
      ...(hasLogits && { scoreLogits: logits.sort(ascending) }),
      mapPeaks: used.map(({ peak }) => peak).sort(ascending),
      datasetId,
      datasetDigest,
      jobId: job.id,
      createdAt: new Date().toISOString(),
    });
    return { modelId, threshold, images: used.length, ...(notes.length > 0 && { notes }) };
  };
}

type UsedImage = Pick<AnomalyMap, 'score' | 'logit'> & { readonly peak: number };

/** How many normal images are not in a calibration, by the reason. */
interface LeftOut {
  learned: number;
  copies: number;
  rejected: number;
}

/** Scores the images that the model has not learned from, each picture once. */
async function scoreUsable(
  dependencies: Dependencies,
  context: JobContext<'calibration'>,
  images: readonly Image[],
): Promise<{ used: UsedImage[]; leftOut: LeftOut }> {
  const { tenant, job, report } = context;
  const { modelId } = job.request;
  const { lineage } = await tenant.models.get(modelId);
  const unseen = await unseenNormalImages(images, lineage, tenant);
  const distinctFiles = [...new Map(unseen.toReversed().map((image) => [image.sha256, image])).values()].reverse();
  const leftOut = { learned: images.length - unseen.length, copies: unseen.length - distinctFiles.length, rejected: 0 };
  const learned = new Set(lineage.pixelDigests);
  const distinct = new DistinctPictures<string>();
  const used: UsedImage[] = [];
  await dependencies.models.use(tenant, modelId, async (ready) => {
    let done = 0;
    for await (const { image, scored, picture } of scoreImages(dependencies, context, ready, distinctFiles)) {
      if (!scored) leftOut.rejected++;
      else if (learned.has(pixelDigest(picture))) leftOut.learned++;
      else if (distinct.add(image.id, picture) !== undefined) leftOut.copies++;
      else used.push({ score: scored.score, logit: scored.logit, peak: peakOf(scored.map) });
      report({ phase: 'scoring', done: ++done, total: distinctFiles.length });
    }
  });
  return { used, leftOut };
}

const peakOf = (map: Float32Array): number => map.reduce((highest, value) => Math.max(highest, value), 0);

/** In a sentence for each reason. */
function whatWasLeftOut({ learned, copies, rejected }: LeftOut): string[] {
  const are = (count: number) =>
    count === 1 ? '1 image was left out: it is' : `${count} images were left out: they are`;
  return [
    ...(learned > 0 ? [`${are(learned)} among those that the model has learned from.`] : []),
    ...(copies > 0 ? [`${are(copies)} copies (or nearly) of others, which count once.`] : []),
    ...(rejected > 0 ? [`${are(rejected)} not readable.`] : []),
  ];
}

/** The conformal threshold of the values of distinct normal images; `notes` say which others have no value. Throws `too-few-images`. */
function thresholdOf(values: readonly number[], alpha: number, notes: readonly string[]): number {
  const threshold = conformalThreshold(values, alpha);
  if (threshold.defined) return threshold.value;
  throw new ProblemError('too-few-images', [threshold.reason, ...notes].join(' '), {
    needed: threshold.neededImages,
    available: threshold.normalImages,
  });
}

const ascending = (a: number, b: number): number => a - b;
