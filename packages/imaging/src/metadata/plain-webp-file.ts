import { orientationBlock } from './orientation-block.js';

const riffBytes = 12;
const headBytes = 8;
const frameHeadBytes = 16;
const exifFlag = 0x08;
const xmpFlag = 0x04;

/** Chunks of a WebP that are pixels or say how to show them (RFC 9649, section 2.7). */
const keptChunks: ReadonlySet<string> = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF', 'ICCP']);

/** The same WebP without EXIF, XMP, unknown chunks and what lies behind its end; of EXIF only which way is up. */
export function plainWebpFile(bytes: Uint8Array, orientation: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = Math.min(bytes.length, headBytes + view.getUint32(4, true));
  const pieces = keptOf(bytes.subarray(riffBytes, end), orientation);
  if (orientation !== 1) pieces.push(chunk('EXIF', orientationBlock(orientation)));
  const body = Buffer.concat([Buffer.from('WEBP'), ...pieces]);
  return chunk('RIFF', body);
}

function keptOf(chunks: Uint8Array, orientation: number): Uint8Array[] {
  const view = new DataView(chunks.buffer, chunks.byteOffset, chunks.byteLength);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at + headBytes <= chunks.length; ) {
    const type = Buffer.from(chunks.subarray(at, at + 4)).toString('latin1');
    const length = view.getUint32(at + 4, true);
    const content = chunks.subarray(at + headBytes, at + headBytes + length);
    if (keptChunks.has(type)) pieces.push(chunk(type, plainContent(type, content, orientation)));
    at += headBytes + length + (length % 2);
  }
  return pieces;
}

function plainContent(type: string, content: Uint8Array, orientation: number): Uint8Array {
  if (type === 'ANMF') {
    return Buffer.concat([content.subarray(0, frameHeadBytes), ...keptOf(content.subarray(frameHeadBytes), 1)]);
  }
  if (type !== 'VP8X') return content;
  const plain = Uint8Array.from(content.subarray(0, 10));
  plain[0] = (plain[0]! & ~(exifFlag | xmpFlag)) | (orientation === 1 ? 0 : exifFlag);
  return plain;
}

/** A chunk, with a byte of padding after an odd length. */
function chunk(type: string, content: Uint8Array): Uint8Array {
  const made = Buffer.alloc(headBytes + content.length + (content.length % 2));
  made.write(type, 0, 'latin1');
  made.writeUInt32LE(content.length, 4);
  made.set(content, headBytes);
  return made;
}
