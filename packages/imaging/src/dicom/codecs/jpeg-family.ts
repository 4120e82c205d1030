import { createRequire } from 'node:module';
import type loadCharls from '@cornerstonejs/codec-charls/decodewasmjs';
import type loadOpenJpeg from '@cornerstonejs/codec-openjpeg/decodewasmjs';
import sharp from 'sharp';
import { corruptImage, ImageError } from '../../image/image-error.js';
import { interleave } from '../colours.js';
import type { Codestream } from './codestream.js';
import { type Decoded, WasmCodec } from './wasm-codec.js';

const require = createRequire(import.meta.url);
// Read when the first such frame comes: most threads never meet one. By `require`, which tries again where `import`
// would keep its first failure, as when no more files can be opened.
const charls = new WasmCodec(
  async (options) => (require('@cornerstonejs/codec-charls/decodewasmjs') as typeof loadCharls)(options),
  (module) => new module.JpegLSDecoder(),
);
const openJpeg = new WasmCodec(
  async (options) => (require('@cornerstonejs/codec-openjpeg/decodewasmjs') as typeof loadOpenJpeg)(options),
  (module) => new module.J2KDecoder(),
);

/** Start-of-image mark and an Adobe segment, by whose last byte a decoder tells colours (T.872, 6.5.3). */
const adobeHeader = (transform: 0 | 1) =>
  Buffer.concat([
    Buffer.of(0xff, 0xd8, 0xff, 0xee, 0, 14),
    Buffer.from('Adobe'),
    Buffer.of(0, 100, 0, 0, 0, 0, transform),
  ]);

/**
 * Decodes a JPEG frame of 8 bits to [height, width, components]; three components come as RGB. A stream that does not
 * say whether its colours are RGB or YCbCr is taken for RGB where `isRgb` says so. Errors: `corrupt-image`, and
 * `unsupported-encoding` for 12 bits.
 */
export async function decodeJpeg(stream: Codestream, isRgb: boolean): Promise<Uint8Array> {
  if (stream.bitsPerSample !== 8) {
    throw new ImageError(
      'unsupported-encoding',
      `The DICOM file holds lossy JPEG of ${stream.bitsPerSample} bits; convert it to JPEG lossless or JPEG-LS.`,
    );
  }
  const isGrey = stream.components === 1;
  const pipeline = sharp(isGrey ? stream.bytes : withColours(stream, isRgb), {
    failOn: 'warning',
    limitInputPixels: false,
    ignoreIcc: true,
  });
  try {
    return await pipeline
      .toColourspace(isGrey ? 'b-w' : 'srgb')
      .raw()
      .toBuffer();
  } catch (error) {
    throw corruptImage('DICOM', 'a JPEG frame cannot be decoded', error);
  }
}

/** Says in the stream what its colours are, where its own marks would not be understood. */
function withColours({ bytes, colours }: Codestream, isRgb: boolean): Uint8Array {
  const shown = colours ?? (isRgb ? 'rgb' : 'ycbcr');
  return Buffer.concat([adobeHeader(shown === 'rgb' ? 0 : 1), bytes.subarray(2)]);
}

/**
 * Decodes a JPEG-LS frame (T.87) and hands its samples, [height, width, components], to `use`, after which they are no
 * longer there if they are lent. Errors: `corrupt-image`, and `out-of-memory` where the codec needs more than it can
 * have.
 */
export function decodeJpegLs<R>({ bytes }: Codestream, use: (decoded: Decoded) => R): Promise<R> {
  return charls.decode(bytes, (decoded, decoder) => {
    const { componentCount } = decoder.getFrameInfo();
    const isPlanar = componentCount > 1 && decoder.getInterleaveMode() === 0;
    return use(isPlanar ? { samples: interleave(decoded.samples, componentCount), isLent: false } : decoded);
  });
}

/** As `decodeJpegLs`, for a JPEG 2000 codestream (T.800, T.814); its colour transforms are undone. */
export function decodeJpeg2000<R>({ bytes }: Codestream, use: (decoded: Decoded) => R): Promise<R> {
  return openJpeg.decode(bytes, use);
}
