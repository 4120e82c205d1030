export type Connectivity = 4 | 8;

/** The connected regions of a mask. */
export interface Regions {
  /** Per pixel, row-major: 0 outside every region, else 1 + the index of its region. */
  readonly labels: Int32Array;
  /** Number of pixels of each region. */
  readonly areas: readonly number[];
}

/**
 * Labels the regions of the non-zero pixels of a mask [height, width]; with connectivity 8, pixels that touch at a
 * corner belong together.
 */
export function labelRegions(mask: Uint8Array, width: number, height: number, connectivity: Connectivity): Regions {
  const labels = new Int32Array(mask.length);
  const areas: number[] = [];
  const pending: number[] = [];
  for (let start = 0; start < mask.length; start++) {
    if (!mask[start] || labels[start]) continue;
    const label = areas.length + 1;
    let area = 0;
    labels[start] = label;
    pending.push(start);
    while (pending.length > 0) {
      const pixel = pending.pop()!;
      area++;
      const row = Math.floor(pixel / width);
      const column = pixel % width;
      for (let r = Math.max(0, row - 1); r <= Math.min(height - 1, row + 1); r++) {
        for (let c = Math.max(0, column - 1); c <= Math.min(width - 1, column + 1); c++) {
          if (connectivity === 4 && r !== row && c !== column) continue;
          const neighbour = r * width + c;
          if (!mask[neighbour] || labels[neighbour]) continue;
          labels[neighbour] = label;
          pending.push(neighbour);
        }
      }
    }
    areas.push(area);
  }
  return { labels, areas };
}
