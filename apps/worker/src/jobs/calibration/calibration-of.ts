import { DistinctPictures, pixelDigest } from '@mediclip/adaptation';
import { type Calibration, type Image, type Lineage, learnedPixelDigests, ProblemError } from '@mediclip/contracts';
import { calibrateGroups, conformalThreshold, defaultHighest, groupPromise } from '@mediclip/evaluation';
import { dicomGroupsOf } from '@mediclip/imaging';
import type { AnomalyMap } from '@mediclip/maps';
import type { ReadyModel } from '../../models/model-cache.js';
import type { JobContext } from '../job-context.js';
import { type ScoreImagesDependencies, scoreImages } from '../scoring/score-images.js';
import { unseenNormalImages } from './calibration-images.js';

type Context = Pick<JobContext, 'tenant' | 'signal' | 'attempt' | 'report'> & { readonly job: { readonly id: string } };

/** What is calibrated, and by what. */
export interface CalibrationAsked {
  readonly ready: Omit<ReadyModel, 'model'>;
  /** The lineage of the model: what it has learned from is left out. */
  readonly lineage: Lineage;
  /** Normal ones, in order of upload. */
  readonly images: readonly Image[];
  readonly datasetId: string;
  readonly datasetDigest: string;
  readonly alpha: number;
  /** So many of its highest scores make the score of a group. */
  readonly highest?: number | undefined;
}

/**
 * Split-conformal thresholds from normal images that the model has not learned from: one for scores from their scores,
 * one for maps from the peaks of their maps. Copies and near copies count once; `notes` say in sentences what was left
 * out. Rejects with `too-few-images`.
 */
export async function calibrationOf(
  dependencies: ScoreImagesDependencies,
  context: Context,
  asked: CalibrationAsked,
): Promise<{ readonly calibration: Calibration; readonly notes: readonly string[] }> {
  const { datasetId, datasetDigest, alpha, highest = defaultHighest } = asked;
  const { used, leftOut } = await scoreUsable(dependencies, context, asked);
  const notes = whatWasLeftOut(leftOut);
  const scores = used.map(({ score }) => score).sort(ascending);
  const mapPeaks = used.map(({ peak }) => peak).sort(ascending);
  const logits = used.flatMap(({ logit }) => logit ?? []).sort(ascending);
  const hasLogits = logits.length === used.length;
  const groups = calibrateGroups(used, { alpha, highest });
  const dicomGroups = dicomGroupsOf(used.map(({ group }) => group));
  const calibration = {
    alpha,
    threshold: thresholdOf(scores, alpha, notes),
    ...(hasLogits && { thresholdLogit: thresholdOf(logits, alpha, notes) }),
    mapThreshold: thresholdOf(mapPeaks, alpha, notes),
    images: used.length,
    scores,
    ...(hasLogits && { scoreLogits: logits }),
    mapPeaks,
    ...(groups && { groups: { ...groups, ...(dicomGroups && { dicomGroups }) } }),
    datasetId,
    datasetDigest,
    jobId: context.job.id,
    createdAt: new Date().toISOString(),
  };
  const promise = groupPromise(calibration);
  const promised = promise === undefined ? [] : [promise];
  return { calibration, notes: [...notes, ...promised] };
}

type UsedImage = Pick<AnomalyMap, 'score' | 'logit'> & Pick<Image, 'group'> & { readonly peak: number };

/** How many normal images are not in a calibration, by the reason. */
interface LeftOut {
  learned: number;
  ofLearnedGroups: number;
  copies: number;
  rejected: number;
}

/** Scores the images that the model has not learned from, each picture once. */
async function scoreUsable(
  dependencies: ScoreImagesDependencies,
  context: Context,
  { ready, lineage, images }: Pick<CalibrationAsked, 'ready' | 'lineage' | 'images'>,
): Promise<{ used: UsedImage[]; leftOut: LeftOut }> {
  const { tenant, report } = context;
  const { unseen, ofLearnedGroups } = await unseenNormalImages(images, lineage, tenant);
  const distinctFiles = [...new Map(unseen.toReversed().map((image) => [image.sha256, image])).values()].reverse();
  const leftOut = {
    learned: images.length - unseen.length - ofLearnedGroups.length,
    ofLearnedGroups: ofLearnedGroups.length,
    copies: unseen.length - distinctFiles.length,
    rejected: 0,
  };
  const learned = new Set(learnedPixelDigests(lineage));
  const distinct = new DistinctPictures<string>();
  const used: UsedImage[] = [];
  let done = 0;
  for await (const { image, scored, picture } of scoreImages(dependencies, context, ready, distinctFiles)) {
    if (!scored) leftOut.rejected++;
    else if (learned.has(pixelDigest(picture))) leftOut.learned++;
    else if (distinct.add(image.id, picture) !== undefined) leftOut.copies++;
    else used.push({ group: image.group, score: scored.score, logit: scored.logit, peak: peakOf(scored.map) });
    report({ phase: 'scoring', done: ++done, total: distinctFiles.length });
  }
  return { used, leftOut };
}

const peakOf = (map: Float32Array): number => map.reduce((highest, value) => Math.max(highest, value), 0);

/** In a sentence for each reason. */
function whatWasLeftOut({ learned, ofLearnedGroups, copies, rejected }: LeftOut): string[] {
  const are = (count: number) =>
    count === 1 ? '1 image was left out: it is' : `${count} images were left out: they are`;
  return [
    ...(learned > 0 ? [`${are(learned)} among those that the model has learned from.`] : []),
    ...(ofLearnedGroups > 0 ? [`${are(ofLearnedGroups)} of groups that the model has learned from.`] : []),
    ...(copies > 0 ? [`${are(copies)} copies (or nearly) of others, which count once.`] : []),
    ...(rejected > 0 ? [`${are(rejected)} not readable.`] : []),
  ];
}

/**
 * The conformal threshold of the values of distinct normal images; `notes` say which others have no value. Throws
 * `too-few-images`.
 */
function thresholdOf(values: readonly number[], alpha: number, notes: readonly string[]): number {
  const threshold = conformalThreshold(values, alpha);
  if (threshold.defined) return threshold.value;
  throw new ProblemError('too-few-images', [threshold.reason, ...notes].join(' '), {
    needed: threshold.neededImages,
    available: threshold.normalImages,
  });
}

const ascending = (a: number, b: number): number => a - b;
