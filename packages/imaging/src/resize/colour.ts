import type { Raster } from './raster.js';

/**
 * Grey of an image of 1 to 4 channels, alpha left out: `(19595 R + 38470 G + 7471 B + 32768) >> 16`, Pillow's rule
 * (ITU-R 601-2 luma), written in golden/preprocess/preprocess.json.
 */
export function toGrey(image: Raster): Raster {
  const { channels, data } = image;
  if (channels === 1) return image;
  const grey = new Uint8Array(data.length / channels);
  for (let i = 0, from = 0; i < grey.length; i++, from += channels) {
    grey[i] =
      channels === 2
        ? data[from]!
        : (19595 * data[from]! + 38470 * data[from + 1]! + 7471 * data[from + 2]! + 32768) >> 16;
  }
  return { ...image, channels: 1, data: grey };
}

/** RGB of an image of 1 to 4 channels, alpha left out. */
export function toRgb(image: Raster): Raster {
  const { channels, data } = image;
  if (channels === 3) return image;
  const rgb = new Uint8Array((data.length / channels) * 3);
  const isGrey = channels < 3;
  for (let at = 0, from = 0; at < rgb.length; at += 3, from += channels) {
    rgb[at] = data[from]!;
    rgb[at + 1] = data[isGrey ? from : from + 1]!;
    rgb[at + 2] = data[isGrey ? from : from + 2]!;
  }
  return { ...image, channels: 3, data: rgb };
}

/** The first of the colours of an image that has the same value in each, alpha left out; undefined of one in colour. */
export function singleGrey(image: Raster): Raster | undefined {
  const { channels, data } = image;
  if (channels === 1) return image;
  const isGrey = channels < 3;
  const grey = new Uint8Array(data.length / channels);
  for (let i = 0, from = 0; i < grey.length; i++, from += channels) {
    const value = data[from]!;
    if (!isGrey && (value !== data[from + 1] || value !== data[from + 2])) return undefined;
    grey[i] = value;
  }
  return { ...image, channels: 1, data: grey };
}
