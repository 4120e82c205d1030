import type { Calibration } from '@mediclip/contracts';
import { thresholdsAt } from '../groups/calibrate-groups.js';
import { conformalThreshold } from './conformal.js';

/** A calibration at another alpha, or why the images of the present one cannot give it. */
export type Recalibration =
  | { readonly defined: true; readonly calibration: Calibration }
  | { readonly defined: false; readonly reason: string; readonly neededImages: number; readonly normalImages: number };

/**
 * The calibration that the same normal images give for `alpha`: its thresholds are those that a new calibration on them
 * would give. A calibration of an earlier version kept no peaks of maps: at another alpha it has no map threshold any
 * more. Throws a RangeError for an alpha outside 0 to 1.
 */
export function recalibrate(calibration: Calibration, alpha: number): Recalibration {
  const threshold = conformalThreshold(calibration.scores, alpha);
  if (!threshold.defined) return threshold;
  const { mapThreshold, thresholdLogit: _, ...rest } = calibration;
  const ofLogits = calibration.scoreLogits && conformalThreshold(calibration.scoreLogits, alpha);
  const ofMaps = calibration.mapPeaks && conformalThreshold(calibration.mapPeaks, alpha);
  const kept = ofMaps?.defined ? ofMaps.value : alpha === calibration.alpha ? mapThreshold : undefined;
  return {
    defined: true,
    calibration: {
      ...rest,
      alpha,
      threshold: threshold.value,
      ...(ofLogits?.defined && { thresholdLogit: ofLogits.value }),
      ...(kept !== undefined && { mapThreshold: kept }),
      ...(rest.groups && { groups: thresholdsAt(rest.groups, alpha) }),
    },
  };
}
