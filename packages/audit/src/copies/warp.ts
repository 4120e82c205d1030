import { thumbnailSide } from '@mediclip/imaging';

/**
 * A picture to compare: mean greys of `thumbnailSide` x `thumbnailSide` cells over the whole of it, and width divided
 * by height.
 */
export interface ThumbnailPicture {
  readonly thumbnail: Uint8Array;
  readonly aspect: number;
}

/** How a picture is laid over another one: mirrored, then turned about its centre, scaled and moved. */
export interface Placement {
  readonly isMirrored: boolean;
  /** Quarter turns, 0 to 3, besides `angleRadians`. */
  readonly quarterTurns: number;
  readonly angleRadians: number;
  /** Below 1 the middle of the picture is enlarged, as after cropping. */
  readonly scaleX: number;
  readonly scaleY: number;
  /** Shares of the sides. */
  readonly shiftX: number;
  readonly shiftY: number;
}

/** A picture as it lies. */
export const inPlace: Placement = {
  isMirrored: false,
  quarterTurns: 0,
  angleRadians: 0,
  scaleX: 1,
  scaleY: 1,
  shiftX: 0,
  shiftY: 0,
};

/**
 * The greys of a placed picture at `side` x `side` places, bilinear, edges repeated. Sides are measured as shares of
 * the picture's own, but turned as they are in the picture itself, whatever its shape.
 */
export function warped({ thumbnail, aspect }: ThumbnailPicture, placement: Placement, side: number): Float32Array {
  const { isMirrored, quarterTurns, angleRadians, scaleX, scaleY, shiftX, shiftY } = placement;
  const greys = new Float32Array(side * side);
  const angle = angleRadians + (quarterTurns * Math.PI) / 2;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const stretch = Math.sqrt(aspect);
  // After an odd number of quarter turns the other picture has the sides exchanged.
  const shown = quarterTurns % 2 === 0 ? stretch : 1 / stretch;
  const [xx, xy] = [((cos * shown) / stretch) * scaleX, ((-sin / shown) * scaleY) / stretch];
  const [yx, yy] = [sin * shown * stretch * scaleX, (cos / shown) * stretch * scaleY];
  const last = thumbnailSide - 1;
  for (let row = 0, i = 0; row < side; row++) {
    const v = (row + 0.5) / side - 0.5;
    for (let column = 0; column < side; column++, i++) {
      const u = ((column + 0.5) / side - 0.5) * (isMirrored ? -1 : 1);
      const x = clamp((xx * u + xy * v + 0.5 + shiftX) * thumbnailSide - 0.5, last);
      const y = clamp((yx * u + yy * v + 0.5 + shiftY) * thumbnailSide - 0.5, last);
      const left = Math.min(Math.floor(x), last - 1);
      const top = Math.min(Math.floor(y), last - 1);
      const [dx, dy] = [x - left, y - top];
      const at = top * thumbnailSide + left;
      const upper = thumbnail[at]! * (1 - dx) + thumbnail[at + 1]! * dx;
      const lower = thumbnail[at + thumbnailSide]! * (1 - dx) + thumbnail[at + thumbnailSide + 1]! * dx;
      greys[i] = upper * (1 - dy) + lower * dy;
    }
  }
  return greys;
}

const clamp = (value: number, last: number): number => Math.min(last, Math.max(0, value));
