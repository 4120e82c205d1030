import type { Model, Region, ScoredImage } from '@mediclip/contracts';
import { findRegions } from '@mediclip/imaging';

/** What the engine says about an image: the map is [mapSide, mapSide], row-major. */
export interface ScoredMap {
  readonly score: number;
  readonly map: Float32Array;
  readonly mapSide: number;
}

/** The map value from which on a region counts as abnormal, for a model without a calibrated threshold. */
const evenOdds = 0.5;
/** Regions below this share of the map are specks. */
const smallestShare = 0.0005;
const mostRegions = 20;

/**
 * What clients are told about an image of `size` (pixels, as shown): its score, the range of its map, the regions at or above the
 * model's calibrated threshold (or even odds) in pixels of the image, and the decision where there is a threshold.
 */
export function describeMap(
  { score, map, mapSide }: ScoredMap,
  { width, height }: { readonly width: number; readonly height: number },
  calibration: Model['calibration'],
): Pick<ScoredImage, 'score' | 'map' | 'regions' | 'decision'> {
  let [min, max] = [1, 0];
  for (const value of map) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const found = findRegions(map, mapSide, { threshold: calibration?.threshold ?? evenOdds });
  const scale = { x: width / mapSide, y: height / mapSide };
  const regions = found
    .filter(({ areaShare }) => areaShare >= smallestShare)
    .slice(0, mostRegions)
    .map(({ box, areaPixels, peak }): Region => {
      const [x, y] = [Math.floor(box.x * scale.x), Math.floor(box.y * scale.y)];
      return {
        x,
        y,
        width: Math.max(1, Math.ceil((box.x + box.width) * scale.x) - x),
        height: Math.max(1, Math.ceil((box.y + box.height) * scale.y) - y),
        areaPixels: Math.round(areaPixels * scale.x * scale.y),
        peak: share(peak.value),
      };
    });
  return {
    score: share(score),
    map: { width: mapSide, height: mapSide, min: share(min), max: share(max) },
    regions,
    ...(calibration && { decision: score > calibration.threshold ? 'abnormal' : 'normal' }),
  };
}

/** Float arithmetic may leave the range of a probability by its last bit. */
const share = (value: number) => Math.min(1, Math.max(0, value));
