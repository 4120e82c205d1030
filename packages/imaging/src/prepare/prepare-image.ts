import { channelsOf, type DecodedImage } from '../image/decoded-image.js';
import { premultiply, unpremultiply } from '../resize/alpha.js';
import { resizeBilinear } from '../resize/bilinear.js';
import { singleGrey, toGrey, toRgb } from '../resize/colour.js';
import { resizeNearest } from '../resize/nearest.js';
import type { Raster } from '../resize/raster.js';

/** Pixels of a square image: `side * side` greys or mask values, or `side * side * 3` RGB (rows, columns, channels). */
export interface SquareImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * The grey image `[side, side]` that training sees under the paper's preset (golden/preprocess, `train_path`): resized
 * bilinearly without keeping the aspect ratio, then turned to grey. Palettes and single bits are resized to the nearest
 * pixel, and colours are weighted with alpha while resizing.
 */
export function trainingImage(decoded: DecodedImage, side: number): SquareImage {
  checkSide(side);
  return squareImage(toGrey(resizeForTraining(rasterOf(decoded), decoded.mode, side)));
}

/**
 * The RGB image `[side, side, 3]` that a detector scores and, by default, is trained on (golden/preprocess,
 * `test_path`): resized without its alpha.
 */
export function testImage(decoded: DecodedImage, side: number): SquareImage {
  checkSide(side);
  return squareImage(toRgb(resizedColours(rasterOf(decoded), side)));
}

/** The mask `[side, side]` of 0 and 1 (golden/preprocess, `masks`): grey, nearest pixel, anything but 0 is abnormal. */
export function maskImage(decoded: DecodedImage, side: number): SquareImage {
  checkSide(side);
  const resized = squareImage(resizeNearest(toGrey(rasterOf(decoded)), side, side));
  return { ...resized, data: resized.data.map((value) => (value === 0 ? 0 : 1)) };
}

/** The whole image as RGB without alpha at its own size, for people to look at. */
export function rgbImage(decoded: DecodedImage): Raster {
  return toRgb(rasterOf(decoded));
}

/** Whether any pixel is other than grey. */
export function hasColour({ mode, data }: DecodedImage): boolean {
  const channels = channelsOf[mode];
  if (channels < 3) return false;
  for (let i = 0; i < data.length; i += channels) {
    if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return true;
  }
  return false;
}

function resizeForTraining(image: Raster, mode: DecodedImage['mode'], side: number): Raster {
  if (image.width === side && image.height === side) return image;
  switch (mode) {
    case 'palette':
    case 'paletteAlpha':
    case 'bilevel':
      return resizeNearest(image, side, side);
    case 'greyAlpha':
    case 'rgba':
      return unpremultiply(resizeBilinear(premultiply(image), side, side));
    case 'grey':
    case 'rgb':
      return resizedColours(image, side);
  }
}

/** Channels are resized each by itself, so that one is enough of equal ones. */
function resizedColours(image: Raster, side: number): Raster {
  return resizeBilinear(singleGrey(image) ?? image, side, side);
}

function rasterOf({ width, height, mode, data }: DecodedImage): Raster {
  return { width, height, channels: channelsOf[mode], data };
}

function squareImage({ width, height, data }: Raster): SquareImage {
  return { width, height, data };
}

function checkSide(side: number): void {
  if (!Number.isInteger(side) || side < 1) throw new RangeError(`The side ${side} is no positive integer.`);
}
