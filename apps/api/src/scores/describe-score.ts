import type { Calibration, ScoredImage, ScoredMap } from '@mediclip/contracts';
import { conformalDecision } from '@mediclip/evaluation';
import { describeMap, type MapDescription } from '@mediclip/imaging';

/** Map values from which on a region is shown, as long as no threshold was calibrated. */
const evenOdds = 0.5;

/** What a client is told of a score. */
export type ScoreDescription = Pick<ScoredImage, 'score' | 'map' | 'regions' | 'decision' | 'pValue'>;

/** Describes a scored map: its regions in pixels of the image `size` (and of the map), and the decision of a calibrated model. */
export function describeScore(
  { score, map, mapSide }: ScoredMap,
  size: { readonly width: number; readonly height: number },
  calibration: Pick<Calibration, 'threshold' | 'scores'> | null,
): { readonly description: ScoreDescription; readonly mapRegions: MapDescription['mapRegions'] } {
  const described = describeMap(map, mapSide, size, calibration?.threshold ?? evenOdds);
  const decision = calibration && conformalDecision(calibration, score);
  return {
    description: { score, map: described.map, regions: [...described.regions], ...decision },
    mapRegions: described.mapRegions,
  };
}
