import { corruptImage } from '../image/image-error.js';
import { interleave } from './colours.js';
import type { PixelDescription } from './pixel-description.js';
import type { PixelElement } from './read-data-set.js';
import type { Samples } from './stored-values.js';

/**
 * The samples of a frame of uncompressed pixels, pixel by pixel, as far as possible a view into the file. Throws
 * `corrupt-image` where the file does not hold all frames that it declares.
 */
export function nativeSamples(element: PixelElement, pixels: PixelDescription, frame: number): Samples {
  const { columns, rows, samplesPerPixel, bitsAllocated, frameCount, photometric, planar } = pixels;
  const available = Math.min(element.length ?? Number.POSITIVE_INFINITY, element.bytes.length - element.offset);
  const frameBytes = (samples: number) => (columns * rows * samples * bitsAllocated) / 8;
  // Subsampled colours: two luminances share a pair of chrominances (PS3.3, C.7.6.3.1.2), if the length bears it out.
  const isHalved = photometric === 'YBR_FULL_422' && available < frameBytes(samplesPerPixel) * frameCount;
  const length = frameBytes(isHalved ? 2 : samplesPerPixel);
  if (available < Math.ceil(length * frameCount)) throw corruptImage('DICOM', 'it holds fewer pixels than it declares');
  const begin = frame * length;
  if (bitsAllocated === 1) return unpackBits(element, begin * 8, columns * rows);
  const samples = readSamples(element, begin, length, bitsAllocated);
  if (isHalved) return doubleChrominance(samples, columns);
  return planar && samplesPerPixel > 1 ? interleave(samples, samplesPerPixel) : samples;
}

/** Samples of 0 and 1; the first one is the lowest bit, and frames follow each other without a gap (PS3.5, 8.1.1). */
function unpackBits({ bytes, offset }: PixelElement, firstBit: number, count: number): Uint8Array {
  const samples = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const bit = firstBit + i;
    samples[i] = (bytes[offset + Math.floor(bit / 8)]! >> (bit % 8)) & 1;
  }
  return samples;
}

function readSamples(element: PixelElement, begin: number, length: number, bitsAllocated: number): Samples {
  const { bytes, littleEndian, representation } = element;
  if (bitsAllocated === 8 && !littleEndian && representation === 'OW') return swappedBytes(element, begin, length);
  const offset = element.offset + begin;
  const view = bytes.subarray(offset, offset + length);
  if (bitsAllocated === 8) return view;
  const size = bitsAllocated / 8;
  const start = view.byteOffset;
  if (littleEndian && start % size === 0) return wordsOf(view.buffer, start, length, size);
  const copy = new Uint8Array(view);
  if (!littleEndian) swap(copy, size);
  return wordsOf(copy.buffer, 0, length, size);
}

function wordsOf(buffer: ArrayBufferLike, offset: number, length: number, size: number): Samples {
  return size === 2 ? new Uint16Array(buffer, offset, length / 2) : new Uint32Array(buffer, offset, length / 4);
}

/** Bytes that are stored as big-endian words, counted from the beginning of the element. */
function swappedBytes({ bytes, offset }: PixelElement, begin: number, length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => bytes[offset + ((begin + i) ^ 1)] ?? 0);
}

function swap(bytes: Uint8Array, size: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (size === 2) buffer.swap16();
  else buffer.swap32();
}

/** Y Y Cb Cr for two pixels becomes Y Cb Cr for each. */
function doubleChrominance(samples: Samples, columns: number): Samples {
  if (columns % 2 !== 0) throw corruptImage('DICOM', 'it has halved colours and an odd number of columns');
  const pixels = new (samples.constructor as new (length: number) => Samples)((samples.length / 2) * 3);
  for (let i = 0, at = 0; at < pixels.length; i += 4, at += 6) {
    pixels[at] = samples[i]!;
    pixels[at + 1] = samples[i + 2]!;
    pixels[at + 2] = samples[i + 3]!;
    pixels[at + 3] = samples[i + 1]!;
    pixels[at + 4] = samples[i + 2]!;
    pixels[at + 5] = samples[i + 3]!;
  }
  return pixels;
}
