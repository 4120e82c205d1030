/** A thread of the imaging pool. */
import { serveTasks, threadData } from '@mediclip/threads';
import sharp from 'sharp';
import { decodeImage } from '../decode/decode-image.js';
import type { ImageLimits } from '../image/limits.js';
import { decodeMask } from '../masks/decode-mask.js';
import { drawOverlay, type OverlayOptions } from '../overlay/overlay.js';
import type { Raster } from '../resize/raster.js';
import { decodedFrames } from './decoded-frames.js';
import { type FrameWants, frameOf } from './frame-products.js';
import { bytesOf, type ImageSource } from './image-source.js';

// The pool's threads are the parallelism, and no file comes twice.
sharp.concurrency(1);
sharp.cache(false);

const limits = threadData<ImageLimits>();

interface OverlayRequest {
  readonly ground: Raster;
  readonly map: Float32Array;
  readonly mapSide: number;
  readonly options: OverlayOptions;
}

const tasks = {
  /** One frame of a file, counted from 0. */
  async frame({ source, frame, wants }: { source: ImageSource; frame: number; wants: FrameWants }) {
    const bytes = await bytesOf(source, limits);
    const isMask = wants.prepared?.kind === 'mask';
    return frameOf(await (isMask ? decodeMask(bytes, limits) : decodeImage(bytes, limits, frame)), wants);
  },
  /** The frames of a file that is read once. */
  async *frames({ source, wants }: { source: ImageSource; wants: FrameWants }) {
    for await (const decoded of decodedFrames(await bytesOf(source, limits), limits)) yield frameOf(decoded, wants);
  },
  async overlay({ ground, map, mapSide, options }: OverlayRequest): Promise<Uint8Array> {
    return drawOverlay(ground, map, mapSide, options);
  },
};

export type ImagingTasks = typeof tasks;
serveTasks(tasks);
