import sharp from 'sharp';
import type { GreyValues } from '../greys/grey-values.js';
import { channelsOf, type DecodedImage } from '../image/decoded-image.js';

/** The decoded pixels as a PNG, nothing lost and nothing added: no tag of the file survives. */
export function encodePng({ width, height, mode, data }: DecodedImage): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: channelsOf[mode] as 1 | 2 | 3 | 4 } })
    .toColourspace(channelsOf[mode] < 3 ? 'b-w' : 'srgb')
    .png()
    .toBuffer();
}

/** The stored numbers of deep greys as a PNG of 16 bits. */
export function encodeDeepPng({ width, height, stored }: GreyValues): Promise<Buffer> {
  return sharp(stored, { raw: { width, height, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer();
}
