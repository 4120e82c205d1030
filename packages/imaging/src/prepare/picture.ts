import sharp from 'sharp';
import { channelsOf, type DecodedImage } from '../image/decoded-image.js';
import { resizeBilinear } from '../resize/bilinear.js';
import { toGrey, toRgb } from '../resize/colour.js';
import { resizeNearest } from '../resize/nearest.js';
import type { Raster } from '../resize/raster.js';

export interface PictureOptions {
  /** Length of the longer side, in pixels. */
  readonly longerSide: number;
  /** A mask is shown in black and white: anything but 0 is white. */
  readonly of: 'image' | 'mask';
}

/** The image as a PNG for people, in its own aspect, scaled until its longer side has the wanted length. */
export function picture(decoded: DecodedImage, { longerSide, of }: PictureOptions): Promise<Buffer> {
  const { width, height, mode, data } = decoded;
  const raster: Raster = { width, height, channels: channelsOf[mode], data };
  const scale = longerSide / Math.max(width, height);
  const shown = (length: number) => Math.max(1, Math.round(length * scale));
  const scaled =
    of === 'mask'
      ? whitened(resizeNearest(toGrey(raster), shown(width), shown(height)))
      : resizeBilinear(toRgb(raster), shown(width), shown(height));
  return sharp(scaled.data, {
    raw: { width: scaled.width, height: scaled.height, channels: scaled.channels as 1 | 3 },
  })
    .toColourspace(scaled.channels === 1 ? 'b-w' : 'srgb')
    .png()
    .toBuffer();
}

function whitened(mask: Raster): Raster {
  return { ...mask, data: mask.data.map((value) => (value === 0 ? 0 : 255)) };
}
