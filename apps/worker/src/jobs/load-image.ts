import type { Image } from '@mediclip/contracts';
import type { ImagingPool, PreparedImage, PreparedKind } from '@mediclip/imaging';
import type { TenantStore } from '@mediclip/store';

export interface LoadOptions {
  /** Pixels. */
  readonly side: number;
  readonly kind: PreparedKind;
  readonly signal: AbortSignal;
}

/** Which frame of an image's stored bytes it is, counted from 0; most are stored as a file of their own. */
export function frameOf({ mediaType, frame }: Image): number {
  return mediaType === 'application/dicom' ? (frame ?? 1) - 1 : 0;
}

/** Reads an image (its mask for the kind `mask`; the image then must have one) from the store and prepares it. Rejects with an ImageError for a file that cannot be used. */
export async function loadImage(
  { images }: Pick<TenantStore, 'images'>,
  pool: Pick<ImagingPool, 'prepare'>,
  image: Image,
  { side, kind, signal }: LoadOptions,
): Promise<PreparedImage> {
  if (kind !== 'mask') {
    return pool.prepare(await images.bytes(image), { side, kind }, { signal, frame: frameOf(image) });
  }
  const mask = await images.maskBytes(image);
  if (mask === undefined) throw new Error(`The image ${image.id} has no mask; this is a bug.`);
  return pool.prepare(mask, { side, kind }, { signal });
}
