import type { ImagingPool, PreparedImage } from '@mediclip/imaging';
import sharp from 'sharp';

type Pool = Pick<ImagingPool, 'prepare'>;

/** Longer side of a picture in the report, in pixels. */
const longerSide = 384;

/** An image of any format as a PNG of a report's size, in its own aspect. */
export async function picture(pool: Pool, bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  return png(await pool.prepare(bytes, { side: longerSide, kind: 'test' }, { signal }), 3);
}

/** A mask as a black and white PNG of a report's size, in its own aspect. */
export async function maskPicture(pool: Pool, bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  const mask = await pool.prepare(bytes, { side: longerSide, kind: 'mask' }, { signal });
  return png({ ...mask, image: { ...mask.image, data: mask.image.data.map((value) => value * 255) } }, 1);
}

function png({ image, width, height }: PreparedImage, channels: 1 | 3): Promise<Uint8Array> {
  const scale = longerSide / Math.max(width, height);
  const [shownWidth, shownHeight] = [width, height].map((length) => Math.max(1, Math.round(length * scale)));
  return sharp(image.data, { raw: { width: image.width, height: image.height, channels } })
    .resize(shownWidth, shownHeight, { fit: 'fill', kernel: channels === 1 ? 'nearest' : 'cubic' })
    .png()
    .toBuffer();
}
