import type { Calibration, Model, ScoredImage } from '@mediclip/contracts';
import { type AnomalyMap, describeMap, type MapDescription } from '@mediclip/maps';
import { conformalPValue } from './conformal.js';

/** From this map value on an area is a region of a model whose map has no calibrated threshold. */
const evenOdds = 0.5;

/** What clients are told of a score. */
type ScoreDescription = Pick<
  ScoredImage,
  'score' | 'scoreLogit' | 'map' | 'regions' | 'decision' | 'thresholdSource' | 'pValue' | 'kinship' | 'foreign'
>;

/** What decides about the scores of a model: its calibration, and a threshold set by hand, which goes before. */
export interface DecisionRule {
  readonly calibration: Pick<
    Calibration,
    'threshold' | 'scores' | 'thresholdLogit' | 'scoreLogits' | 'mapThreshold'
  > | null;
  readonly manualThreshold?: Pick<NonNullable<Model['manualThreshold']>, 'threshold'> | undefined;
}

/**
 * Describes the score of an image of `size` (pixels, as shown): the range of its map, its regions in pixels of the
 * image (`mapRegions`: of the map), the decision where the model has a threshold, and the p-value where it is
 * calibrated.
 */
export function describeScore(
  { score, logit, map, mapSide, kinship }: AnomalyMap,
  size: { readonly width: number; readonly height: number },
  rule: DecisionRule,
): { readonly description: ScoreDescription; readonly mapRegions: MapDescription['mapRegions'] } {
  const described = describeMap(map, mapSide, size, regionThresholdOf(rule));
  return {
    description: {
      score,
      ...(logit !== undefined && { scoreLogit: logit }),
      map: described.map,
      regions: [...described.regions],
      ...decisionOf(score, rule, logit),
      ...kinshipOf(kinship),
    },
    mapRegions: described.mapRegions,
  };
}

/** How clients are told how kin an image is to the normals of a model. */
export function kinshipOf(kinship: AnomalyMap['kinship']): Pick<ScoredImage, 'kinship' | 'foreign'> {
  if (!kinship) return {};
  return { kinship: kinship.share, ...(kinship.foreign && { foreign: kinship.foreign }) };
}

/** For people, of an image that is not of the kind that a model knows. */
export function foreignNote(foreign: NonNullable<ScoredImage['foreign']>): string {
  return `This is not the kind of image that this model knows${foreignWhy[foreign]}; its score says nothing about disease.`;
}

const foreignWhy = {
  'other-kind': '',
  inverted: ': its greys look inverted, as those of a negative',
} as const satisfies Record<NonNullable<ScoredImage['foreign']>, string>;

/** From this map value on an area is a region. */
export function regionThresholdOf({ calibration }: Pick<DecisionRule, 'calibration'>): number {
  return calibration?.mapThreshold ?? evenOdds;
}

/** The threshold that decides, and where it comes from; undefined for a model without one. */
export function thresholdOf({
  calibration,
  manualThreshold,
}: DecisionRule): { readonly threshold: number; readonly source: 'calibrated' | 'manual' } | undefined {
  if (manualThreshold) return { threshold: manualThreshold.threshold, source: 'manual' };
  return calibration ? { threshold: calibration.threshold, source: 'calibrated' } : undefined;
}

/**
 * What a model says about one score: abnormal when it is above the threshold. With the calibrated one the p-value, how
 * rare so high a score is among normal images, is at most alpha exactly when the decision is `abnormal`. Where the
 * calibration and the image have logits, which keep their order when scores have become 1, it goes by them; a threshold
 * set by hand is one of scores.
 */
export function decisionOf(
  score: number,
  rule: DecisionRule,
  logit?: number,
): Pick<ScoredImage, 'decision' | 'thresholdSource' | 'pValue'> {
  const decider = thresholdOf(rule);
  const calibrated = rule.calibration && comparable(rule.calibration, score, logit);
  const isAbove =
    decider?.source === 'calibrated' && calibrated ? calibrated.isAbove : decider && score > decider.threshold;
  return {
    ...(decider && {
      decision: isAbove ? ('abnormal' as const) : ('normal' as const),
      thresholdSource: decider.source,
    }),
    ...(calibrated && { pValue: calibrated.pValue }),
  };
}

/** An image beside a calibration, both by logits or both by scores. */
function comparable(
  { threshold, scores, thresholdLogit, scoreLogits }: NonNullable<DecisionRule['calibration']>,
  score: number,
  logit: number | undefined,
): { readonly isAbove: boolean; readonly pValue: number } {
  if (logit === undefined || thresholdLogit === undefined || scoreLogits === undefined) {
    return { isAbove: score > threshold, pValue: conformalPValue(scores, score) };
  }
  return { isAbove: logit > thresholdLogit, pValue: conformalPValue(scoreLogits, logit) };
}
