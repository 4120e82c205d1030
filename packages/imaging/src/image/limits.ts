import { ImageError } from './image-error.js';

/** What a single file may cost. Everything but the time is checked from the header, before any pixel is decoded. */
export interface ImageLimits {
  /** Largest file, in bytes. */
  readonly maximumBytes: number;
  /** Largest width x height of a frame. */
  readonly maximumPixels: number;
  /** Most frames (pages, slices) of a file; also those that are not decoded count. */
  readonly maximumFrames: number;
  /** Smallest width and height. */
  readonly minimumSide: number;
  /** Longest time that decoding may take, in milliseconds. */
  readonly timeoutMs: number;
}

const defaultImageLimits: ImageLimits = {
  maximumBytes: 64 * 1024 * 1024,
  maximumPixels: 64_000_000,
  maximumFrames: 1024,
  minimumSide: 8,
  timeoutMs: 20_000,
};

/** Fills in the defaults. Throws a RangeError if a limit is no number of at least 1. */
export function resolveLimits(limits: Partial<ImageLimits> = {}): ImageLimits {
  const resolved = { ...defaultImageLimits, ...limits };
  for (const [name, value] of Object.entries(resolved)) {
    if (!(value >= 1)) throw new RangeError(`The limit ${name} is ${value}; give a number of at least 1.`);
  }
  return resolved;
}

export function checkBytes(sizeBytes: number, limits: ImageLimits): void {
  if (sizeBytes === 0) throw new ImageError('corrupt-image', 'The file is empty; send the image itself.');
  if (sizeBytes > limits.maximumBytes) {
    throw new ImageError(
      'too-many-bytes',
      `The file has ${sizeBytes} bytes and the limit is ${limits.maximumBytes}; reduce the image or raise the limit.`,
    );
  }
}

/** Checks what a file's header declares of its frames, and that the wanted one exists. */
export function checkDeclared(
  declared: { readonly width: number; readonly height: number; readonly frameCount: number },
  frame: number,
  limits: ImageLimits,
): void {
  const { width, height, frameCount } = declared;
  if (frameCount > limits.maximumFrames) {
    throw new ImageError(
      'too-many-frames',
      `The file has ${frameCount} frames and the limit is ${limits.maximumFrames}; split it or raise the limit.`,
    );
  }
  if (width * height > limits.maximumPixels) {
    throw new ImageError(
      'too-many-pixels',
      `The image has ${width} x ${height} pixels and the limit is ${limits.maximumPixels}; reduce it or raise the limit.`,
    );
  }
  if (Math.min(width, height) < limits.minimumSide) {
    throw new ImageError(
      'too-small',
      `The image has ${width} x ${height} pixels and each side needs at least ${limits.minimumSide}; send a larger one.`,
    );
  }
  if (frame >= frameCount) {
    throw new ImageError(
      'no-such-frame',
      `Frame ${frame} was asked for and the file has ${frameCount}; frames are counted from 0.`,
    );
  }
}
