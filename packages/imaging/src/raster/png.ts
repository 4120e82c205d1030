import { crc32 } from 'node:zlib';
import type { ImageMode } from '../image/decoded-image.js';
import { corruptImage } from '../image/image-error.js';

const signatureBytes = 8;
const bitDepthOffset = 24;
const colourTypeOffset = 25;
/** Length, type and checksum of a chunk. */
const chunkOverheadBytes = 12;

/**
 * Walks all chunks to the end mark and compares their checksums (PNG specification, 5.3); libpng stops reading once it
 * has the pixels. Returns how many frames there are: of an animation (`acTL`) more than one. Throws `corrupt-image` for
 * a file that ends early or whose chunks are damaged.
 */
export function checkedPngFrames(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let frames = 1;
  for (let offset = signatureBytes; ; ) {
    if (offset + chunkOverheadBytes > bytes.length) throw corruptImage('PNG', 'its end is missing');
    const length = view.getUint32(offset);
    const end = offset + length + chunkOverheadBytes;
    if (end > bytes.length) throw corruptImage('PNG', 'it ends inside a chunk');
    if (crc32(bytes.subarray(offset + 4, end - 4)) !== view.getUint32(end - 4)) {
      throw corruptImage('PNG', 'the checksum of a chunk is wrong');
    }
    const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
    if (type === 'IEND') return frames;
    if (type === 'acTL' && length >= 4) frames = Math.max(1, view.getUint32(offset + 8));
    offset = end;
  }
}

/**
 * The mode that a PNG's header states (PNG specification, 11.2.2). Transparency given by a single colour (tRNS of grey
 * and RGB files) is no alpha channel and is left out.
 */
export function pngMode(bytes: Uint8Array, hasAlpha: boolean): ImageMode {
  switch (bytes[colourTypeOffset]) {
    case 0:
      return bytes[bitDepthOffset] === 1 ? 'bilevel' : 'grey';
    case 2:
      return 'rgb';
    case 3:
      return hasAlpha ? 'paletteAlpha' : 'palette';
    case 4:
      return 'greyAlpha';
    case 6:
      return 'rgba';
    default:
      throw corruptImage('PNG', 'its header names no colour type');
  }
}
