import sharp, { type Metadata, type SharpOptions } from 'sharp';
import { corruptImage, ImageError, outOfMemory } from '../image/image-error.js';
import type { ImageLimits } from '../image/limits.js';
import { timedOut } from '../image/time-limit.js';
import type { SampleValues } from './samples.js';

/** An encoded file as libvips shall read it. */
export interface VipsFile {
  readonly bytes: Uint8Array;
  /** What messages call it, e.g. `PNG`. */
  readonly format: string;
  /** Whether warnings of the decoder are no errors; an early end is one in any case. */
  readonly allowsWarnings?: boolean;
}

export interface VipsPixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: SampleValues;
}

/** How samples come out: 8 bits as grey or RGB, 16 bits unsigned as grey or RGB, or any grey as floating point. */
export type VipsSamples = 'b-w' | 'srgb' | 'grey16' | 'rgb16' | 'float';

/**
 * A warning of the decoder is an error, for libvips would go on with grey where pixels are missing; what libraries
 * warn of without need is taken out of the bytes before. Colour profiles are not applied, as in the reference pipeline.
 */
function optionsOf({ allowsWarnings = false }: VipsFile): SharpOptions {
  return { failOn: allowsWarnings ? 'truncated' : 'warning', limitInputPixels: false, ignoreIcc: true };
}

/** What the header of a file says. Throws as `vipsPixels` does. */
export function vipsHeader(file: VipsFile, limits: ImageLimits): Promise<Metadata> {
  return attempt(file, limits, () => sharp(file.bytes, optionsOf(file)).metadata());
}

/**
 * Decodes a file to the samples that are asked for, turned upright by its orientation tag. Throws `corrupt-image`,
 * `unsupported-encoding`, `timed-out` and `out-of-memory`.
 */
export async function vipsPixels(
  file: VipsFile,
  samples: VipsSamples,
  limits: ImageLimits,
  { isUpright = true }: { readonly isUpright?: boolean } = {},
): Promise<VipsPixels> {
  const seconds = Math.min(3600, Math.ceil(limits.timeoutMs / 1000));
  // Reading in order needs no copy of the decoded image; turning it does.
  const options: SharpOptions = {
    ...optionsOf(file),
    sequentialRead: isUpright,
    autoOrient: !isUpright,
  };
  const depth = samples === 'float' ? 'float' : samples.endsWith('16') ? 'ushort' : 'uchar';
  const { data, info } = await attempt(file, limits, () =>
    sharp(file.bytes, options)
      .timeout({ seconds })
      .toColourspace(samples === 'float' ? 'b-w' : samples)
      .raw({ depth })
      .toBuffer({ resolveWithObject: true }),
  );
  return { width: info.width, height: info.height, channels: info.channels, data: valuesOf(data, depth) };
}

function valuesOf(data: Buffer, depth: 'float' | 'ushort' | 'uchar'): SampleValues {
  if (depth === 'uchar') return new Uint8Array(data.buffer, data.byteOffset, data.length);
  const { buffer, byteOffset } = data.byteOffset % 4 === 0 ? data : Uint8Array.from(data);
  return depth === 'ushort'
    ? new Uint16Array(buffer, byteOffset, data.length / 2)
    : new Float32Array(buffer, byteOffset, data.length / 4);
}

/** Runs a step of libvips and names its failures: the file's damage, an encoding it lacks, time or memory gone. */
async function attempt<T>({ format }: VipsFile, limits: ImageLimits, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw imageErrorOf(error, format, limits.timeoutMs);
  }
}

/** What a failure of libvips says of the file. */
export function imageErrorOf(error: Error, format: string, timeoutMs: number): ImageError {
  const { message } = error;
  if (message.startsWith('timeout:')) return timedOut(timeoutMs);
  if (/out of memory|unable to allocate|malloc|insufficient memory/i.test(message)) {
    return outOfMemory(error);
  }
  const detail = message
    .trimEnd()
    .split('\n')
    .at(-1)!
    .replace(/^Input buffer has corrupt header: /, '');
  if (/not (supported|implemented|configured)|unsupported/i.test(detail)) {
    return new ImageError(
      'unsupported-encoding',
      `The ${format} file uses an encoding that is not supported (${detail}); save it as PNG.`,
      { cause: error },
    );
  }
  return corruptImage(format, detail, error);
}
