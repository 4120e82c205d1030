/** A thread of the imaging pool. */
import { collectAll, serveTasks, type TaskContext, threadData } from '@mediclip/threads';
import sharp from 'sharp';
import { openImage } from '../decode/open-image.js';
import { dicomIdentity } from '../dicom/identity.js';
import { isDicom } from '../dicom/part10.js';
import type { GreyPixels } from '../greys/grey-values.js';
import type { ReadImage } from '../image/decoded-image.js';
import type { FrameCost } from '../image/frame-cost.js';
import { ImageError } from '../image/image-error.js';
import type { ImageLimits } from '../image/limits.js';
import type { Reading } from '../image/reading.js';
import { openMask } from '../masks/decode-mask.js';
import { drawOverlay, type OverlayOptions } from '../overlay/overlay.js';
import type { Raster } from '../resize/raster.js';
import { type Frame, type FrameWants, frameBytes, frameOf } from './frame-products.js';
import { bytesOf, type ImageSource } from './image-source.js';

// The pool's threads are the parallelism, and no file comes twice.
sharp.concurrency(1);
sharp.cache(false);

export interface ImagingData {
  readonly limits: ImageLimits;
  /** What all threads may take for decoding at once, besides what each has to itself. */
  readonly sharedBytes: number;
}

const { limits, sharedBytes } = threadData<ImagingData>();

interface OverlayRequest {
  readonly ground: Raster;
  readonly map: Float32Array;
  readonly mapSide: number;
  readonly options: OverlayOptions;
}

/** The bytes that a frame takes; throws `too-many-pixels` when the process never has so many. */
function bytesWithin(cost: FrameCost, wants: FrameWants): number {
  const bytes = frameBytes(cost, wants);
  if (bytes <= sharedBytes) return bytes;
  throw new ImageError(
    'too-many-pixels',
    `The image has ${cost.pixels} pixels, which take ${bytes} bytes to decode, and the memory of the server allows ${sharedBytes}; reduce it.`,
  );
}

/**
 * Buffers that nobody uses any more count until they are collected, which V8 sees no hurry for: they are not on its
 * heap. Below, collecting takes more than it brings.
 */
const collectedBytes = 32 * 1024 * 1024;

/** What is wanted of a frame, once there is memory for it; that is free again when the promise settles. */
async function madeWithin(
  reserve: TaskContext['reserve'],
  cost: FrameCost,
  wants: FrameWants,
  file: Uint8Array,
  decode: () => Promise<ReadImage>,
): Promise<Frame<FrameWants>> {
  const needed = bytesWithin(cost, wants);
  return reserve(needed, async () => {
    try {
      return await frameOf(await decode(), wants, file);
    } finally {
      if (needed > collectedBytes) collectAll();
    }
  });
}

interface FrameRequest {
  readonly source: ImageSource;
  readonly frame: number;
  readonly wants: FrameWants;
  readonly pixels: GreyPixels | undefined;
  readonly reading: Reading | undefined;
}

type FramesRequest = Pick<FrameRequest, 'source' | 'wants' | 'reading'>;

const tasks = {
  /** One frame of a file, counted from 0; `pixels` says what its stored numbers mean where the file itself does not. */
  async frame({ source, frame, wants, pixels, reading }: FrameRequest, { reserve }: TaskContext) {
    const bytes = await bytesOf(source, limits);
    if (wants.prepared?.kind === 'mask') {
      const { cost, decode } = await openMask(bytes, limits);
      return madeWithin(reserve, cost, wants, bytes, decode);
    }
    const image = await openImage(bytes, limits, reading);
    return madeWithin(reserve, image.cost(frame), wants, bytes, async () => meaning(await image.read(frame), pixels));
  },
  /** The images of a file that is read once: frames of DICOM, pages of TIFF, the first of any other. */
  async *frames({ source, wants, reading }: FramesRequest, { reserve }: TaskContext) {
    const bytes = await bytesOf(source, limits);
    const image = await openImage(bytes, limits, reading);
    for (let index = 0; index < image.decodable; index++) {
      yield await madeWithin(reserve, image.cost(index), wants, bytes, () => image.read(index));
    }
  },
  /** What a DICOM file says that it is; undefined for a file of another kind. */
  async identity(source: ImageSource) {
    const bytes = await bytesOf(source, limits);
    return isDicom(bytes) ? dicomIdentity(bytes, limits.maximumBytes) : undefined;
  },
  async overlay({ ground, map, mapSide, options }: OverlayRequest): Promise<Uint8Array> {
    return drawOverlay(ground, map, mapSide, options);
  },
};

function meaning(image: ReadImage, pixels: GreyPixels | undefined): ReadImage {
  return pixels && 'greys' in image ? { ...image, greys: { ...image.greys, pixels } } : image;
}

export type ImagingTasks = typeof tasks;
serveTasks(tasks);
