import { DicomFile } from '../dicom/dicom-file.js';
import type { DecodedImage } from '../image/decoded-image.js';
import { checkBytes, type ImageLimits, resolveLimits } from '../image/limits.js';
import type { RasterFormat } from '../raster/decode-raster.js';
import { checkFrame, dicomFrame, rasterFrame } from './decode-frame.js';
import { detectFormat, type ImageFormat } from './detect-format.js';
import { guarded } from './guarded.js';

/** A file that is known to be an image; its frames are decoded one by one, when they are asked for. */
export interface OpenImage {
  readonly format: ImageFormat;
  /** Frames (pages, slices) of the file; of an animation only the first can be decoded. */
  readonly frameCount: number;
  /**
   * Decodes one frame, counted from 0. Rejects with an ImageError: `no-such-frame`, `corrupt-image`,
   * `unsupported-encoding`, `out-of-memory` or `timed-out`.
   */
  frame(index: number): Promise<DecodedImage>;
  /** The frames that can be decoded, in order, each decoded once and no sooner than it is taken. */
  frames(): AsyncGenerator<DecodedImage, void, undefined>;
}

/**
 * Opens a file of any format, told by content: PNG, JPEG, WebP, TIFF, BMP, GIF or DICOM. Sizes are checked before any pixel
 * is decoded, the structure of a DICOM file is read once for all of its frames. Rejects with an ImageError for a file
 * that is damaged, cut short, too large or of another kind. `bytes` must not change while the image is in use.
 *
 * @example
 * const image = await openImage(bytes);
 * for await (const { width, height, data } of image.frames()) show(width, height, data);
 */
export async function openImage(bytes: Uint8Array, limits: Partial<ImageLimits> = {}): Promise<OpenImage> {
  const resolved = resolveLimits(limits);
  checkBytes(bytes.length, resolved);
  return guarded(resolved, async () => {
    const format = await detectFormat(bytes);
    return format === 'dicom' ? openDicom(bytes, resolved) : openRaster(bytes, format, resolved);
  });
}

function openDicom(bytes: Uint8Array, limits: ImageLimits): OpenImage {
  const file = new DicomFile(bytes, limits);
  const frame = (index: number) => guarded(limits, () => dicomFrame(file, index));
  return { format: 'dicom', frameCount: file.frameCount, frame, frames: () => inOrder(file.frameCount, frame) };
}

async function openRaster(bytes: Uint8Array, format: RasterFormat, limits: ImageLimits): Promise<OpenImage> {
  /** Decoded to know how many frames there are; given away to the first who asks. */
  let first: DecodedImage | undefined = await rasterFrame(bytes, format, 0, limits);
  const { frameCount } = first;
  const frame = async (index: number) => {
    checkFrame(index, frameCount);
    const known = index === 0 ? first : undefined;
    first = index === 0 ? undefined : first;
    return known ?? guarded(limits, () => rasterFrame(bytes, format, index, limits));
  };
  return { format, frameCount, frame, frames: () => inOrder(format === 'tiff' ? frameCount : 1, frame) };
}

async function* inOrder(count: number, frame: (index: number) => Promise<DecodedImage>) {
  for (let index = 0; index < count; index++) yield await frame(index);
}
