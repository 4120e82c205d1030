import { corruptImage } from '../image/image-error.js';
import { readJpeg2000Header, readJpegHeader } from './codecs/codestream-header.js';
import { decodeJpeg, decodeJpeg2000, decodeJpegLs, interleave } from './codecs/jpeg-family.js';
import { decodeJpegLossless } from './codecs/jpeg-lossless.js';
import { decodeRle } from './codecs/rle.js';
import type { PixelDescription } from './pixel-description.js';

/** Decoded samples before signs are told: `rows * columns * samplesPerPixel`, pixel by pixel. */
type RawSamples = Uint8Array | Uint16Array | Uint32Array;

/**
 * The samples of one frame, pixel by pixel. `bytes` are those of the frame as they lie in the file.
 * Throws `corrupt-image` where the frame and the data set contradict each other.
 */
export async function decodeSamples(bytes: Uint8Array, pixels: PixelDescription): Promise<RawSamples> {
  const { columns, rows, samplesPerPixel } = pixels;
  const samples = await decompress(bytes, pixels);
  if (samples.length !== columns * rows * samplesPerPixel) {
    throw corruptImage('DICOM', 'a frame has another size than the header says');
  }
  return samples;
}

async function decompress(bytes: Uint8Array, pixels: PixelDescription): Promise<RawSamples> {
  const { transferSyntax, columns, rows, samplesPerPixel, bitsAllocated } = pixels;
  const { codec, bigEndian } = transferSyntax;
  switch (codec) {
    case 'none':
      return arrangeNative(readSamples(bytes, bitsAllocated, bigEndian), pixels);
    case 'rle':
      return readSamples(decodeRle(bytes, columns * rows, samplesPerPixel, bitsAllocated / 8), bitsAllocated, false);
    case 'jpeg2000':
      checkHeader(readJpeg2000Header(bytes), pixels);
      return decodeJpeg2000(bytes);
  }
  const header = checkHeader(readJpegHeader(bytes), pixels);
  switch (codec) {
    case 'jpeg':
      return decodeJpeg(bytes, header);
    case 'jpegLossless':
      return decodeJpegLossless(bytes, header);
    case 'jpegLs':
      return decodeJpegLs(bytes);
  }
}

/** Compares before decoding: a small stream may declare any size. */
function checkHeader<T extends { width: number; height: number; components: number; bitsPerSample: number }>(
  header: T,
  { columns, rows, samplesPerPixel, bitsAllocated }: PixelDescription,
): T {
  const agrees = header.width === columns && header.height === rows && header.components === samplesPerPixel;
  if (!agrees || header.bitsPerSample > bitsAllocated || header.bitsPerSample > 16) {
    throw corruptImage('DICOM', 'a compressed frame contradicts the header');
  }
  return header;
}

function readSamples(bytes: Uint8Array, bitsAllocated: number, bigEndian: boolean): RawSamples {
  if (bitsAllocated === 8) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bitsAllocated === 16) {
    return new Uint16Array(bytes.length / 2).map((_, i) => view.getUint16(2 * i, !bigEndian));
  }
  return new Uint32Array(bytes.length / 4).map((_, i) => view.getUint32(4 * i, !bigEndian));
}

function arrangeNative(samples: RawSamples, { photometric, planar, samplesPerPixel }: PixelDescription): RawSamples {
  if (samplesPerPixel === 1 || !(samples instanceof Uint8Array)) return samples;
  if (photometric === 'YBR_FULL_422') return doubleChrominance(samples);
  return planar ? interleave(samples, samplesPerPixel) : samples;
}

/** Y Y Cb Cr for two pixels becomes Y Cb Cr for each. */
function doubleChrominance(samples: Uint8Array): Uint8Array {
  const pixels = new Uint8Array((samples.length / 2) * 3);
  for (let i = 0, at = 0; at < pixels.length; i += 4, at += 6) {
    pixels.set([samples[i]!, samples[i + 2]!, samples[i + 3]!, samples[i + 1]!, samples[i + 2]!, samples[i + 3]!], at);
  }
  return pixels;
}

/** The stored values of grey samples: `bitsStored` bits below and including `highBit`, two's complement where signed. */
export function storedValues(samples: RawSamples, { bitsStored, highBit, signed }: PixelDescription): Float64Array {
  const shift = 2 ** (highBit + 1 - bitsStored);
  const range = 2 ** bitsStored;
  return Float64Array.from(samples, (sample) => {
    const value = Math.floor(sample / shift) % range;
    return signed && value >= range / 2 ? value - range : value;
  });
}
