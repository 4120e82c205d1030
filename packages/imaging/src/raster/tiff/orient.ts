import type { SampleValues } from '../samples.js';

interface Grid {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: SampleValues;
}

/** Turns and mirrors an image upright by its orientation tag of 1 to 8 (TIFF 6.0, page 36); other values mean 1. */
export function orient(image: Grid, orientation: number): Grid {
  if (!(orientation >= 2 && orientation <= 8)) return image;
  const { width, height, channels, data } = image;
  const isTransposed = orientation >= 5;
  const [across, down] = isTransposed ? [height, width] : [width, height];
  const mirrorsX = [2, 3, 7, 8].includes(orientation);
  const mirrorsY = [3, 4, 6, 7].includes(orientation);
  const turned = data.slice();
  let at = 0;
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const [column, row] = isTransposed ? [y, x] : [x, y];
      const fromX = mirrorsX ? width - 1 - column : column;
      const fromY = mirrorsY ? height - 1 - row : row;
      const from = (fromY * width + fromX) * channels;
      for (let channel = 0; channel < channels; channel++) turned[at++] = data[from + channel]!;
    }
  }
  return { width: across, height: down, channels, data: turned };
}
