import { inflateRawSync } from 'node:zlib';
import { corruptImage, ImageError } from '../image/image-error.js';
import type { Attributes } from './attributes.js';
import { decodeRle } from './codecs/rle.js';
import { decodeStream } from './decode-stream.js';
import { beginsStream, EncapsulatedFrames } from './encapsulated-frames.js';
import { nativeSamples } from './native-samples.js';
import type { PixelDescription } from './pixel-description.js';
import type { PixelElement } from './read-data-set.js';
import { describedSamples, type FrameSamples } from './stored-values.js';
import type { FrameCoding } from './transfer-syntax.js';

/** The samples of a file, frame by frame, whatever its transfer syntax. */
export class FrameSource {
  readonly #element: PixelElement;
  readonly #pixels: PixelDescription;
  readonly #coding: FrameCoding;
  readonly #streams: EncapsulatedFrames | undefined;
  readonly #maximumPixels: number;

  /** Throws `corrupt-image` where pixels and transfer syntax contradict each other or frames cannot be found. */
  constructor(
    element: PixelElement,
    pixels: PixelDescription,
    coding: FrameCoding,
    attributes: Attributes,
    maximumPixels: number,
  ) {
    const isEncapsulated = element.length === undefined;
    if (!isEncapsulated && coding !== 'none') throw corruptImage('DICOM', 'its pixels are not encapsulated');
    this.#element = element;
    this.#pixels = pixels;
    this.#coding = coding;
    this.#maximumPixels = maximumPixels;
    this.#streams = isEncapsulated ? new EncapsulatedFrames(element, attributes, pixels.frameCount) : undefined;
  }

  /** How the frames are stored; of streams in a file that says it has none, as streams. */
  get coding(): FrameCoding {
    return this.#coding === 'none' && this.#streams ? 'jpegFamily' : this.#coding;
  }

  /**
   * Decodes a frame, counted from 0, and hands its samples to `use`, which must have done with them when it returns.
   * Errors: `corrupt-image`, `unsupported-encoding`, `out-of-memory`.
   */
  async use<R>(frame: number, use: (samples: FrameSamples) => R): Promise<R> {
    const { columns, rows, samplesPerPixel } = this.#pixels;
    const useChecked = (samples: FrameSamples) => {
      if (samples.samples.length !== columns * rows * samplesPerPixel) {
        throw corruptImage('DICOM', 'a frame has another size than the header says');
      }
      return use(samples);
    };
    if (!this.#streams) {
      return useChecked(describedSamples(nativeSamples(this.#element, this.#pixels, frame), this.#pixels));
    }
    const stream = this.#streams.stream(frame);
    // Some files say that they are uncompressed and hold streams all the same.
    const isStream = this.#coding === 'jpegFamily' || (this.#coding === 'none' && beginsStream(stream));
    return isStream
      ? decodeStream(stream, this.#pixels, this.#maximumPixels, useChecked)
      : useChecked(this.#unpacked(stream));
  }

  /** The samples of a frame that is compressed without regard to what it shows, or not at all. */
  #unpacked(stream: Uint8Array): FrameSamples {
    const { columns, rows, samplesPerPixel, bitsAllocated } = this.#pixels;
    const pixels = { ...this.#pixels, frameCount: 1, planar: this.#pixels.planar && this.#coding !== 'rle' };
    if (this.#coding === 'rle' && bitsAllocated < 8) {
      throw new ImageError('unsupported-encoding', 'The DICOM file holds single bits as RLE; convert it to 8 bits.');
    }
    const bytes =
      this.#coding === 'rle'
        ? decodeRle(stream, columns * rows, samplesPerPixel, bitsAllocated / 8)
        : this.#coding === 'deflate'
          ? inflateFrame(stream, Math.ceil((columns * rows * samplesPerPixel * bitsAllocated) / 8))
          : stream;
    const element = { ...this.#element, bytes, offset: 0, length: bytes.length, littleEndian: true };
    return describedSamples(nativeSamples(element, pixels, 0), this.#pixels);
  }
}

/** A frame of `most` bytes that was deflated on its own (PS3.5, A.4). */
function inflateFrame(bytes: Uint8Array, most: number): Uint8Array {
  try {
    // One byte more than wanted may be padding.
    return inflateRawSync(bytes, { maxOutputLength: most + 1 });
  } catch {
    throw corruptImage('DICOM', 'a deflated frame cannot be inflated');
  }
}
