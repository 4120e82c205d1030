import type { Raster } from './raster.js';

/** Multiplies the colours by alpha (the last channel) / 255, rounded as Pillow's MULDIV255 rounds. */
export function premultiply(image: Raster): Raster {
  return mapColours(image, (colour, alpha) => {
    const product = colour * alpha + 128;
    return ((product >> 8) + product) >> 8;
  });
}

/** Divides the colours by alpha / 255 again, rounded down; pixels of alpha 0 stay as they are. */
export function unpremultiply(image: Raster): Raster {
  return mapColours(image, (colour, alpha) =>
    alpha === 0 ? colour : Math.min(Math.trunc((255 * colour) / alpha), 255),
  );
}

function mapColours(image: Raster, change: (colour: number, alpha: number) => number): Raster {
  const { channels } = image;
  const data = Uint8Array.from(image.data);
  for (let pixel = 0; pixel < data.length; pixel += channels) {
    const alpha = data[pixel + channels - 1]!;
    for (let channel = 0; channel < channels - 1; channel++)
      data[pixel + channel] = change(data[pixel + channel]!, alpha);
  }
  return { ...image, data };
}
