import type { Calibration, ScoredImage, ScoredMap } from '@mediclip/contracts';
import { conformalDecision } from '@mediclip/evaluation';
import { describeMap } from '@mediclip/imaging';

/** The map value from which on a region counts as abnormal for a model without a calibrated threshold. */
const evenOdds = 0.5;

/** The map value from which on regions are shown. */
export function regionThreshold(calibration: Pick<Calibration, 'threshold'> | null): number {
  return calibration?.threshold ?? evenOdds;
}

/**
 * What clients are told about an image of `size` (pixels, as shown): its score, the range of its map, the regions in pixels of the
 * image, and the decision with its p-value where the model is calibrated.
 */
export function describeScore(
  { score, map, mapSide }: ScoredMap,
  size: { readonly width: number; readonly height: number },
  calibration: Pick<Calibration, 'threshold' | 'scores'> | null,
): Pick<ScoredImage, 'score' | 'map' | 'regions' | 'decision' | 'pValue'> {
  const described = describeMap(map, mapSide, size, regionThreshold(calibration));
  return {
    score,
    map: described.map,
    regions: [...described.regions],
    ...(calibration && conformalDecision(calibration, score)),
  };
}
