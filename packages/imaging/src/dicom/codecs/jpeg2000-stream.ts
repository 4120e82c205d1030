import { corruptImage, ImageError } from '../../image/image-error.js';
import { byteAt, type Codestream, uint16, uint32 } from './codestream.js';

const startOfCodestream = 0xff4f;
const size = 0xff51;
const startOfTilePart = 0xff90;
const endOfCodestream = 0xffd9;
/** `jp2c`, the box of a codestream. */
const codestreamBox = 0x6a703263;

/**
 * The size marker of a JPEG 2000 codestream (T.800, A.5.1), bare or in JP2 boxes (T.800, annex I). Walks the tile-parts
 * to the end mark, for OpenJPEG decodes what is left of a shortened stream without complaint. Throws `corrupt-image`,
 * and `unsupported-encoding` for subsampled components.
 */
export function readJpeg2000(frame: Uint8Array): Codestream {
  const bytes = uint16(frame, 0) === 0 ? unboxed(frame) : frame;
  if (uint16(bytes, 0) !== startOfCodestream || uint16(bytes, 2) !== size) {
    throw corruptImage('DICOM', 'a JPEG 2000 stream has no size');
  }
  const components = uint16(bytes, 40);
  for (let component = 0; component < components; component++) {
    if (uint16(bytes, 43 + 3 * component) !== 0x0101) {
      throw new ImageError(
        'unsupported-encoding',
        'A DICOM frame holds JPEG 2000 with subsampled colours, which is not supported; convert it anew.',
      );
    }
  }
  return {
    kind: 'jpeg2000',
    bytes: bytes.subarray(0, endOfTileParts(bytes)),
    width: uint32(bytes, 8) - uint32(bytes, 16),
    height: uint32(bytes, 12) - uint32(bytes, 20),
    components,
    bitsPerSample: (byteAt(bytes, 42) & 0x7f) + 1,
  };
}

function unboxed(bytes: Uint8Array): Uint8Array {
  for (let offset = 0; ; ) {
    const length = uint32(bytes, offset);
    const isLong = length === 1;
    const headerBytes = isLong ? 16 : 8;
    const boxLength = isLong ? uint32(bytes, offset + 8) * 2 ** 32 + uint32(bytes, offset + 12) : length;
    // A length of 0 reaches to the end.
    const end = length === 0 ? bytes.length : offset + boxLength;
    if (uint32(bytes, offset + 4) === codestreamBox) return bytes.subarray(offset + headerBytes, end);
    if (end < offset + headerBytes || end >= bytes.length) throw corruptImage('DICOM', 'JP2 boxes hold no codestream');
    offset = end;
  }
}

/** Position behind the end mark. */
function endOfTileParts(bytes: Uint8Array): number {
  let offset = 2;
  while (uint16(bytes, offset) !== startOfTilePart) offset += 2 + uint16(bytes, offset + 2);
  while (uint16(bytes, offset) === startOfTilePart) {
    const length = uint32(bytes, offset + 6);
    // The last tile-part may say 0: it goes on to the end mark, behind which there is only padding.
    offset = length === 0 ? lastEndMark(bytes, offset) : offset + length;
  }
  if (uint16(bytes, offset) !== endOfCodestream) throw corruptImage('DICOM', 'a JPEG 2000 tile is cut short');
  return offset + 2;
}

function lastEndMark(bytes: Uint8Array, begin: number): number {
  const offset = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).lastIndexOf(Buffer.of(0xff, 0xd9));
  if (offset < begin) throw corruptImage('DICOM', 'the end of a compressed frame is missing');
  return offset;
}
