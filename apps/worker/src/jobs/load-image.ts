import type { Image } from '@mediclip/contracts';
import type { ImagingPool, PreparedImage, PreparedKind } from '@mediclip/imaging';
import type { TenantStore } from '@mediclip/store';

export interface LoadOptions {
  /** Pixels. */
  readonly side: number;
  readonly kind: PreparedKind;
  readonly signal: AbortSignal;
}

/** Reads an image (its mask for the kind `mask`; the image then must have one) from the store and prepares it. Rejects with an ImageError for a file that cannot be used. */
export async function loadImage(
  { images }: Pick<TenantStore, 'images'>,
  pool: Pick<ImagingPool, 'prepare'>,
  image: Image,
  { side, kind, signal }: LoadOptions,
): Promise<PreparedImage> {
  const bytes = kind === 'mask' ? await images.maskBytes(image) : await images.bytes(image);
  if (bytes === undefined) throw new Error(`The image ${image.id} has no mask; this is a bug.`);
  return pool.prepare(bytes, { side, kind }, { signal });
}
