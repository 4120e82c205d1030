import type { Calibration, ScoredImage } from '@mediclip/contracts';
import type { AnomalyMap } from '@mediclip/maps';
import { describeMap, type MapDescription } from '@mediclip/maps';
import { conformalDecision } from './conformal-decision.js';

/** From this map value on an area is a region of a model whose map has no calibrated threshold. */
const evenOdds = 0.5;

/** What clients are told of a score. */
export type ScoreDescription = Pick<ScoredImage, 'score' | 'map' | 'regions' | 'decision' | 'pValue'>;

/**
 * Describes the score of an image of `size` (pixels, as shown): the range of its map, its regions in pixels of the image (`mapRegions`:
 * of the map), and the decision with its p-value where the model is calibrated.
 */
export function describeScore(
  { score, map, mapSide }: AnomalyMap,
  size: { readonly width: number; readonly height: number },
  calibration: Pick<Calibration, 'threshold' | 'scores' | 'mapThreshold'> | null,
): { readonly description: ScoreDescription; readonly mapRegions: MapDescription['mapRegions'] } {
  const described = describeMap(map, mapSide, size, calibration?.mapThreshold ?? evenOdds);
  const decision = calibration && conformalDecision(calibration, score);
  return {
    description: { score, map: described.map, regions: [...described.regions], ...decision },
    mapRegions: described.mapRegions,
  };
}
