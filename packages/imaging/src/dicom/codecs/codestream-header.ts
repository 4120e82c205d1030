import { corruptImage, ImageError } from '../../image/image-error.js';

/** What a compressed frame says about itself. */
export interface CodestreamHeader {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  readonly bitsPerSample: number;
}

const START_OF_IMAGE = 0xffd8;
const START_OF_SCAN = 0xffda;
const JPEG_END = 0xd9;
/** Start-of-frame markers of JPEG (T.81, table B.1) and JPEG-LS; the others of the range define tables. */
const isStartOfFrame = (marker: number) =>
  marker === 0xfff7 || (marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker));

/** The frame header of a JPEG, lossless JPEG or JPEG-LS stream. Throws `corrupt-image`, also where the end mark is missing. */
export function readJpegHeader(bytes: Uint8Array): CodestreamHeader {
  checkEndMark(bytes);
  if (uint16(bytes, 0) !== START_OF_IMAGE) throw corruptImage('DICOM', 'a frame is no JPEG stream');
  for (let offset = 2; ; ) {
    const marker = uint16(bytes, offset);
    if (marker < 0xff00 || marker === START_OF_SCAN) throw corruptImage('DICOM', 'a frame has no JPEG frame header');
    if (isStartOfFrame(marker)) {
      return {
        bitsPerSample: byte(bytes, offset + 4),
        height: uint16(bytes, offset + 5),
        width: uint16(bytes, offset + 7),
        components: byte(bytes, offset + 9),
      };
    }
    offset += 2 + uint16(bytes, offset + 2);
  }
}

const J2K_START = 0xff4f;
const J2K_SIZE = 0xff51;
const J2K_START_OF_TILE_PART = 0xff90;

/**
 * The size marker of a JPEG 2000 codestream (T.800, A.5.1). Walks the tile-parts too, for OpenJPEG decodes what is
 * left of a shortened stream without complaint. Throws `corrupt-image`.
 */
export function readJpeg2000Header(bytes: Uint8Array): CodestreamHeader {
  checkEndMark(bytes);
  if (uint16(bytes, 0) !== J2K_START) {
    throw new ImageError('unsupported-encoding', 'A DICOM frame is no bare JPEG 2000 codestream; convert it anew.');
  }
  if (uint16(bytes, 2) !== J2K_SIZE) throw corruptImage('DICOM', 'a JPEG 2000 stream has no size');
  checkTileParts(bytes);
  return {
    width: uint32(bytes, 8) - uint32(bytes, 16),
    height: uint32(bytes, 12) - uint32(bytes, 20),
    components: uint16(bytes, 40),
    bitsPerSample: (byte(bytes, 42) & 0x7f) + 1,
  };
}

function checkTileParts(bytes: Uint8Array): void {
  let offset = 2;
  while (uint16(bytes, offset) !== J2K_START_OF_TILE_PART) offset += 2 + uint16(bytes, offset + 2);
  while (uint16(bytes, offset) === J2K_START_OF_TILE_PART) {
    const length = uint32(bytes, offset + 6);
    // The last tile-part may say 0: it goes on to the end mark.
    if (length === 0) return;
    offset += length;
  }
  if (uint16(bytes, offset) !== (0xff00 | JPEG_END)) throw corruptImage('DICOM', 'a JPEG 2000 tile is cut short');
}

/** Frames may be padded with zeros behind their end mark. */
function checkEndMark(bytes: Uint8Array): void {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  if (end < 2 || bytes[end - 2] !== 0xff || bytes[end - 1] !== JPEG_END) {
    throw corruptImage('DICOM', 'the end of a compressed frame is missing');
  }
}

function byte(bytes: Uint8Array, offset: number): number {
  if (offset >= bytes.length) throw corruptImage('DICOM', 'a compressed frame is cut short');
  return bytes[offset]!;
}

function uint16(bytes: Uint8Array, offset: number): number {
  return byte(bytes, offset) * 0x100 + byte(bytes, offset + 1);
}

function uint32(bytes: Uint8Array, offset: number): number {
  return uint16(bytes, offset) * 0x10000 + uint16(bytes, offset + 2);
}
