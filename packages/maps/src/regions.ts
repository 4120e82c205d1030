/** A connected area of a map at or above a threshold; all lengths in map pixels, positions from the upper left. */
export interface MapRegion {
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** Area of the region itself, not of its box. */
  readonly areaPixels: number;
  /** `areaPixels` as a share of the whole map. */
  readonly areaShare: number;
  readonly peak: { readonly x: number; readonly y: number; readonly value: number };
  readonly mean: number;
}

export interface FindRegionsOptions {
  /** Pixels from this value on belong to regions. */
  readonly threshold: number;
  /** Regions of fewer pixels are left out; default 1. */
  readonly smallestPixels?: number;
}

/**
 * Used by one search after the other, for each would leave behind as much as the map itself: the pixels of the regions
 * found so far, and which pixels are none that a region can still get.
 */
let scratch = { pixels: new Int32Array(0), isTaken: new Uint8Array(0) };

/**
 * The 8-connected regions of a square map `[side, side]` with values of at least `threshold`, highest peak first.
 * Throws a RangeError when the map has another length.
 */
export function findRegions(
  map: Float32Array,
  side: number,
  { threshold, smallestPixels = 1 }: FindRegionsOptions,
): MapRegion[] {
  if (map.length !== side * side) throw new RangeError(`The map has ${map.length} values, not ${side} x ${side}.`);
  if (scratch.pixels.length !== map.length) {
    scratch = { pixels: new Int32Array(map.length), isTaken: new Uint8Array(map.length) };
  }
  const { pixels, isTaken } = scratch;
  for (let pixel = 0; pixel < map.length; pixel++) isTaken[pixel] = map[pixel]! >= threshold ? 0 : 1;
  const regions: MapRegion[] = [];
  let begin = 0;
  for (let start = isTaken.indexOf(0); start >= 0; start = isTaken.indexOf(0, start + 1)) {
    const end = takeConnected(start, begin, side);
    if (end - begin >= smallestPixels) regions.push(describe(pixels.subarray(begin, end), map, side));
    begin = end;
  }
  return regions.sort((a, b) => b.peak.value - a.peak.value);
}

/** Takes the pixels that are connected to `start` into the scratch from `begin` on; returns their end there. */
function takeConnected(start: number, begin: number, side: number): number {
  const { pixels, isTaken } = scratch;
  let end = begin;
  pixels[end++] = start;
  isTaken[start] = 1;
  for (let at = begin; at < end; at++) {
    const pixel = pixels[at]!;
    const y = Math.floor(pixel / side);
    const x = pixel - y * side;
    const [top, bottom] = [Math.max(y - 1, 0), Math.min(y + 1, side - 1)];
    const [left, right] = [Math.max(x - 1, 0), Math.min(x + 1, side - 1)];
    for (let row = top; row <= bottom; row++) {
      for (let neighbour = row * side + left; neighbour <= row * side + right; neighbour++) {
        if (isTaken[neighbour] !== 0) continue;
        isTaken[neighbour] = 1;
        pixels[end++] = neighbour;
      }
    }
  }
  return end;
}

function describe(pixels: Int32Array, map: Float32Array, side: number): MapRegion {
  let [left, top, right, bottom] = [side, side, 0, 0];
  let peak = pixels[0]!;
  let sum = 0;
  for (let at = 0; at < pixels.length; at++) {
    const pixel = pixels[at]!;
    const y = Math.floor(pixel / side);
    const x = pixel - y * side;
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
    if (map[pixel]! > map[peak]!) peak = pixel;
    sum += map[pixel]!;
  }
  return {
    box: { x: left, y: top, width: right - left + 1, height: bottom - top + 1 },
    areaPixels: pixels.length,
    areaShare: pixels.length / map.length,
    peak: { x: peak % side, y: Math.floor(peak / side), value: map[peak]! },
    mean: sum / pixels.length,
  };
}
