import { decodeImage } from '../decode/decode-image.js';
import type { DecodedImage } from '../image/decoded-image.js';
import { ImageError, type ImageErrorCode } from '../image/image-error.js';
import type { ImageLimits } from '../image/limits.js';
import { type OverlayOptions, renderOverlay } from '../overlay/overlay.js';
import { encodePng } from '../prepare/encode-png.js';
import { maskImage, rgbImage, type SquareImage, testImage, trainingImage } from '../prepare/prepare-image.js';

export type PreparedKind = 'train' | 'test' | 'mask';

/** What is known of a decoded image besides its pixels: its own size, upright, and what was decided in decoding it. */
export type ImageDescription = Omit<DecodedImage, 'data'>;

export interface PreparedImage extends ImageDescription {
  /** Greys (`train`), RGB (`test`) or 0 and 1 (`mask`) at the side that was asked for. */
  readonly image: SquareImage;
}

/** What a thread is asked to do with the bytes of a file. */
export type ImagingTask = { readonly bytes: Uint8Array; readonly frame: number } & (
  | { readonly what: 'describe' }
  | { readonly what: 'png' }
  | { readonly what: 'prepare'; readonly kind: PreparedKind; readonly side: number }
  | {
      readonly what: 'overlay';
      readonly map: Float32Array;
      readonly mapSide: number;
      readonly options: OverlayOptions;
    }
);

export type ImagingReply =
  | { readonly description: ImageDescription; readonly image?: SquareImage; readonly png?: Uint8Array }
  | { readonly imageError: { readonly code: ImageErrorCode; readonly message: string } }
  | { readonly error: { readonly name: string; readonly message: string } };

const PREPARE = { train: trainingImage, test: testImage, mask: maskImage };

/** Does a task; errors are part of the reply, for classes do not cross threads. */
export async function doImagingTask(task: ImagingTask, limits: Partial<ImageLimits>): Promise<ImagingReply> {
  try {
    const decoded = await decodeImage(task.bytes, limits, task.frame);
    const { data: _, ...description } = decoded;
    switch (task.what) {
      case 'describe':
        return { description };
      case 'png':
        return { description, png: await encodePng(decoded) };
      case 'prepare':
        return { description, image: PREPARE[task.kind](decoded, task.side) };
      case 'overlay':
        return { description, png: await renderOverlay(rgbImage(decoded), task.map, task.mapSide, task.options) };
    }
  } catch (error) {
    if (error instanceof ImageError) return { imageError: { code: error.code, message: error.message } };
    if (error instanceof Error) return { error: { name: error.name, message: error.message } };
    throw error;
  }
}
