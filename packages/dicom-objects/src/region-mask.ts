/** The regions of an anomaly map, as they were told of an image. */
export interface MappedRegions {
  /** `[mapSide, mapSide]`. */
  readonly map: Float32Array;
  readonly mapSide: number;
  /** Map values from which on a pixel is of a region. */
  readonly threshold: number;
  /** Boxes of the regions in pixels of the image: specks, which are no regions, are in none of them. */
  readonly boxes: readonly {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }[];
}

/** 1 for the pixels of an image that are of a region, else 0; the map is stretched over the image bilinearly. */
export function regionMask(
  { map, mapSide, threshold, boxes }: MappedRegions,
  rows: number,
  columns: number,
): Uint8Array {
  const mask = new Uint8Array(rows * columns);
  for (const { x, y, width, height } of boxes) {
    for (let row = y; row < Math.min(y + height, rows); row++) {
      const mapRow = ((row + 0.5) * mapSide) / rows - 0.5;
      for (let column = x; column < Math.min(x + width, columns); column++) {
        const mapColumn = ((column + 0.5) * mapSide) / columns - 0.5;
        if (valueAt(map, mapSide, mapRow, mapColumn) >= threshold) mask[row * columns + column] = 1;
      }
    }
  }
  return mask;
}

/** Bilinear value at a place between pixel centres, constant beyond the outer ones. */
function valueAt(map: Float32Array, side: number, row: number, column: number): number {
  const y = Math.min(Math.max(row, 0), side - 1);
  const x = Math.min(Math.max(column, 0), side - 1);
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const [bottom, right] = [Math.min(top + 1, side - 1), Math.min(left + 1, side - 1)];
  const along = (r: number) => map[r * side + left]! * (1 - x + left) + map[r * side + right]! * (x - left);
  return along(top) * (1 - y + top) + along(bottom) * (y - top);
}
