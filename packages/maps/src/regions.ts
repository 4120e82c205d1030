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

/**
 * The 8-connected regions of a square map `[side, side]` with values of at least `threshold`, highest peak first.
 * Throws a RangeError when the map has another length.
 */
export function findRegions(map: Float32Array, side: number, options: { readonly threshold: number }): MapRegion[] {
  if (map.length !== side * side) throw new RangeError(`The map has ${map.length} values, not ${side} x ${side}.`);
  const seen = map.map((value) => (value >= options.threshold ? 0 : 1));
  const regions: MapRegion[] = [];
  for (let start = 0; start < map.length; start++) {
    if (seen[start] === 0) regions.push(describe(connectedPixels(start, seen, side), map, side));
  }
  return regions.sort((a, b) => b.peak.value - a.peak.value);
}

/** The pixels that are connected to `start` and not seen yet; marks them as seen. */
function connectedPixels(start: number, seen: Float32Array, side: number): number[] {
  const pixels = [start];
  seen[start] = 1;
  for (const pixel of pixels) {
    const x = pixel % side;
    const y = Math.floor(pixel / side);
    for (let row = Math.max(y - 1, 0); row <= Math.min(y + 1, side - 1); row++) {
      for (let column = Math.max(x - 1, 0); column <= Math.min(x + 1, side - 1); column++) {
        const neighbour = row * side + column;
        if (seen[neighbour] !== 0) continue;
        seen[neighbour] = 1;
        pixels.push(neighbour);
      }
    }
  }
  return pixels;
}

function describe(pixels: readonly number[], map: Float32Array, side: number): MapRegion {
  let [left, top, right, bottom] = [side, side, 0, 0];
  let peak = pixels[0]!;
  let sum = 0;
  for (const pixel of pixels) {
    const x = pixel % side;
    const y = Math.floor(pixel / side);
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
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
