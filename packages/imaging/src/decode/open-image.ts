import { DicomFile } from '../dicom/dicom-file.js';
import type { DecodedImage, ReadImage } from '../image/decoded-image.js';
import type { FrameCost } from '../image/frame-cost.js';
import { checkBytes, type ImageLimits, resolveLimits } from '../image/limits.js';
import type { Reading } from '../image/reading.js';
import { openRaster } from '../raster/decode-raster.js';
import { dicomFrame, rasterFrame, readDicomFrame, readRasterFrame } from './decode-frame.js';
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
  /**
   * What decoding that frame takes in memory. Throws an ImageError: `no-such-frame`, `corrupt-image`, or of the limits.
   */
  cost(index: number): FrameCost;
  /** Frames that can be decoded. */
  readonly decodable: number;
  /** The frames that can be decoded, in order, each decoded once and no sooner than it is taken. */
  frames(): AsyncGenerator<DecodedImage, void, undefined>;
  /** As `frame`, but greys deeper than 8 bits come as their values. */
  read(index: number): Promise<ReadImage>;
}

/**
 * Opens a file of any format, told by content: PNG, JPEG, WebP, TIFF, BMP, GIF, DICOM or NIfTI. Its structure is read
 * and its sizes are checked once for all frames, and no pixel is decoded. Rejects with an ImageError for a file that is
 * too large, of another kind, or whose structure is damaged or cut short. `bytes` must not change while the image is in
 * use.
 *
 * @example
 * const image = await openImage(bytes);
 * for await (const { width, height, data } of image.frames()) show(width, height, data);
 */
export async function openImage(
  bytes: Uint8Array,
  limits: Partial<ImageLimits> = {},
  reading: Reading = {},
): Promise<OpenImage> {
  const resolved = resolveLimits(limits);
  checkBytes(bytes.length, resolved);
  return guarded(resolved, async () => {
    const format = await detectFormat(bytes);
    if (format === 'dicom') {
      const file = new DicomFile(bytes, resolved, reading);
      const { frameCount, cost } = file;
      return opened({ format, frameCount, decodable: frameCount, cost: () => cost }, resolved, {
        frame: (index) => dicomFrame(file, index),
        read: (index) => readDicomFrame(file, index),
      });
    }
    const file = await openRaster(bytes, format, resolved, reading);
    const decodable = format === 'tiff' || format === 'nifti' ? file.frameCount : 1;
    const { frameCount } = file;
    const cost = (index: number) => file.cost(Math.min(index, decodable - 1));
    return opened({ format, frameCount, decodable, cost }, resolved, {
      frame: (index) => rasterFrame(file, format, index),
      read: (index) => readRasterFrame(file, format, index),
    });
  });
}

interface FrameReaders {
  readonly frame: (index: number) => Promise<DecodedImage>;
  readonly read: (index: number) => Promise<ReadImage>;
}

function opened(
  known: Pick<OpenImage, 'format' | 'frameCount' | 'decodable' | 'cost'>,
  limits: ImageLimits,
  readers: FrameReaders,
): OpenImage {
  const frame = (index: number) => guarded(limits, () => readers.frame(index));
  const read = (index: number) => guarded(limits, () => readers.read(index));
  async function* frames() {
    for (let index = 0; index < known.decodable; index++) yield await frame(index);
  }
  return { ...known, frame, frames, read };
}
