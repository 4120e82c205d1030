import type { Image } from '@mediclip/contracts';
import type { ImagingPool, PreparedKind, SquareImage } from '@mediclip/imaging';
import type { TenantStore } from '@mediclip/store';

export interface LoadOptions {
  /** Pixels. */
  readonly side: number;
  readonly kind: PreparedKind;
  readonly signal: AbortSignal;
}

/**
 * Reads an image (its mask for the kind `mask`; the image then must have one) from the store and prepares it. Rejects
 * with an ImageError for a file that cannot be used.
 */
export async function loadImage(
  { images, tenant }: Pick<TenantStore, 'images' | 'tenant'>,
  pool: Pick<ImagingPool, 'frame'>,
  image: Image,
  { side, kind, signal }: LoadOptions,
): Promise<SquareImage> {
  const bytes = kind === 'mask' ? await images.maskBytes(image) : await images.bytes(image);
  if (bytes === undefined) throw new Error(`The image ${image.id} has no mask; this is a bug.`);
  return (await pool.frame(bytes, { prepared: { side, kind } }, { signal, caller: tenant })).prepared;
}
