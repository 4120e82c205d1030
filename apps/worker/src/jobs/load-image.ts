import type { ChosenIntensity, Image } from '@mediclip/contracts';
import type { GreyPixels, GreyStatistics, ImagingPool, PreparedKind, SquareImage } from '@mediclip/imaging';
import type { TenantStore } from '@mediclip/store';

export interface LoadOptions {
  /** Pixels. */
  readonly side: number;
  readonly kind: PreparedKind;
  /** How greys deeper than 8 bits are rendered. */
  readonly intensity?: ChosenIntensity | undefined;
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
  { side, kind, intensity, signal }: LoadOptions,
): Promise<SquareImage> {
  const bytes = kind === 'mask' ? await images.maskBytes(image) : await images.bytes(image);
  if (bytes === undefined) throw new Error(`The image ${image.id} has no mask; this is a bug.`);
  const wants = { prepared: { side, kind }, intensity };
  return (await pool.frame(bytes, wants, { pixels: pixelsOf(image, kind), signal, caller: tenant })).prepared;
}

/**
 * What the choice of an intensity needs to know of a stored image; undefined for one of 8 bits. Rejects as `loadImage`
 * does.
 */
export async function imageStatistics(
  { images, tenant }: Pick<TenantStore, 'images' | 'tenant'>,
  pool: Pick<ImagingPool, 'frame'>,
  image: Image,
  signal: AbortSignal,
): Promise<GreyStatistics | undefined> {
  const options = { pixels: image.pixels, signal, caller: tenant };
  return (await pool.frame(await images.bytes(image), { statistics: true }, options)).statistics;
}

/** A mask is another file than its image. */
function pixelsOf({ pixels }: Image, kind: PreparedKind): GreyPixels | undefined {
  return kind === 'mask' ? undefined : pixels;
}
