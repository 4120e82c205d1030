import { findRegions, type MapRegion } from './regions.js';

/** Regions below this share of the map are specks. */
const smallestShare = 0.0005;
const mostRegions = 20;

/** What people are told of an anomaly map. */
export interface MapDescription {
  /** Size of the map and the range of its values, 0 to 1. */
  readonly map: { readonly width: number; readonly height: number; readonly min: number; readonly max: number };
  /** Boxes in whole pixels of the image that hold all of a region, highest peak first. */
  readonly regions: readonly {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly areaPixels: number;
    readonly peak: number;
  }[];
  /** The same regions in pixels of the map. */
  readonly mapRegions: readonly MapRegion[];
}

/**
 * Describes a map of probabilities `[side, side]` over an image of `size` pixels: its range, and its regions of at
 * least `threshold` without specks, at most 20. Throws a RangeError when the map has another length.
 */
export function describeMap(
  map: Float32Array,
  side: number,
  { width, height }: { readonly width: number; readonly height: number },
  threshold: number,
): MapDescription {
  const smallestPixels = Math.ceil(smallestShare * map.length);
  const mapRegions = findRegions(map, side, { threshold, smallestPixels }).slice(0, mostRegions);
  let [min, max] = [map[0]!, map[0]!];
  for (let pixel = 0; pixel < map.length; pixel++) {
    const value = map[pixel]!;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const scale = { x: width / side, y: height / side };
  const regions = mapRegions.map(({ box, areaPixels, peak }) => {
    const [x, y] = [Math.floor(box.x * scale.x), Math.floor(box.y * scale.y)];
    return {
      x,
      y,
      width: Math.ceil((box.x + box.width) * scale.x) - x,
      height: Math.ceil((box.y + box.height) * scale.y) - y,
      areaPixels: Math.round(areaPixels * scale.x * scale.y),
      peak: share(peak.value),
    };
  });
  return { map: { width: side, height: side, min: share(min), max: share(max) }, regions, mapRegions };
}

/** Float arithmetic may leave the range of a probability by its last bit. */
function share(value: number): number {
  return Math.min(1, Math.max(0, value));
}
