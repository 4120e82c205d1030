import { corruptImage, ImageError } from '../image/image-error.js';
import type { Codestream } from './codecs/codestream.js';
import { decodeJpeg, decodeJpeg2000, decodeJpegLs } from './codecs/jpeg-family.js';
import { decodeJpegLossless } from './codecs/jpeg-lossless.js';
import { readCodestream } from './codecs/read-codestream.js';
import type { PixelDescription } from './pixel-description.js';
import { describedSamples, type FrameSamples } from './stored-values.js';

/**
 * Decodes a frame of the JPEG family by what its stream is, for transfer syntaxes are mistaken, and hands its samples
 * to `use`, which must have done with them when it returns. Errors: `corrupt-image` where the stream and the data set
 * contradict each other, `unsupported-encoding`, and `too-many-pixels` where the codec would need more memory than 12
 * bytes for each of `maximumPixels`.
 */
export async function decodeStream<R>(
  bytes: Uint8Array,
  pixels: PixelDescription,
  maximumPixels: number,
  use: (frame: FrameSamples) => R,
): Promise<R> {
  const stream = readCodestream(bytes);
  check(stream, pixels);
  checkMemory(stream, maximumPixels);
  const { bitsPerSample } = stream;
  // Codecs that know a sign or a depth give values of the stream's own depth.
  const ownDepth = { bitsStored: bitsPerSample, highBit: bitsPerSample - 1, isRgb: false };
  switch (stream.kind) {
    case 'jpeg': {
      const samples = await decodeJpeg(stream, pixels.photometric === 'RGB');
      return use({ ...describedSamples(samples, pixels), isRgb: true });
    }
    case 'jpegLossless': {
      const samples = decodeJpegLossless(stream);
      const isDeeper = !pixels.signed && bitsPerSample > pixels.highBit + 1;
      return use(isDeeper ? { ...ownDepth, samples, isLent: false } : describedSamples(samples, pixels));
    }
    case 'jpegLs':
      return decodeJpegLs(stream, (decoded) => use({ ...ownDepth, ...decoded }));
    case 'jpeg2000':
      return decodeJpeg2000(stream, (decoded) => use({ ...ownDepth, ...decoded }));
  }
}

/** Compares before decoding: a small stream may declare any size. */
function check(stream: Codestream, { columns, rows, samplesPerPixel, bitsAllocated }: PixelDescription): void {
  const agrees = stream.width === columns && stream.height === rows && stream.components === samplesPerPixel;
  if (!agrees || stream.bitsPerSample > bitsAllocated || stream.bitsPerSample > 16) {
    throw corruptImage('DICOM', 'a compressed frame contradicts the header');
  }
}

/** Bytes that a pixel may take in decoding, and those that OpenJPEG takes for one with colours. */
const bytesPerPixel = 12;
const colourBytesOfJpeg2000 = 22;

function checkMemory({ kind, width, height, components }: Codestream, maximumPixels: number): void {
  if (kind !== 'jpeg2000' || components === 1) return;
  const most = Math.floor((maximumPixels * bytesPerPixel) / colourBytesOfJpeg2000);
  if (width * height <= most) return;
  throw new ImageError(
    'too-many-pixels',
    `The image has ${width} x ${height} pixels and the limit for colours in JPEG 2000 is ${most}; ` +
      'reduce it, convert it to JPEG-LS or raise the limit.',
  );
}
