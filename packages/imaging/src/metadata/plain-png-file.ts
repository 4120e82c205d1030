import { crc32 } from 'node:zlib';
import { orientationBlock } from './orientation-block.js';

const signatureBytes = 8;
const overheadBytes = 12;

/**
 * Chunks that say what pixels are or how to show them, and their most bytes (PNG specification, 11); all others go:
 * text, EXIF, times, animations, and what no specification knows.
 */
const keptChunks: Readonly<Record<string, number>> = {
  IHDR: 13,
  PLTE: 768,
  IDAT: Number.POSITIVE_INFINITY,
  IEND: 0,
  tRNS: 256,
  cHRM: 32,
  gAMA: 4,
  sBIT: 4,
  sRGB: 1,
  cICP: 4,
  bKGD: 6,
  pHYs: 9,
  iCCP: Number.POSITIVE_INFINITY,
};
const profileName = 'profile';

/** The same PNG without text, EXIF, times and what lies behind its end; of EXIF only which way is up. */
export function plainPngFile(bytes: Uint8Array, orientation: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pieces: Uint8Array[] = [bytes.subarray(0, signatureBytes)];
  for (let at = signatureBytes; ; ) {
    const length = view.getUint32(at);
    const end = at + length + overheadBytes;
    const type = Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1');
    if (type === 'iCCP') pieces.push(renamedProfile(bytes.subarray(at + 8, end - 4)));
    else if (length <= (keptChunks[type] ?? -1)) pieces.push(bytes.subarray(at, end));
    if (type === 'IHDR' && orientation !== 1) pieces.push(chunk('eXIf', orientationBlock(orientation)));
    if (type === 'IEND') return Buffer.concat(pieces);
    at = end;
  }
}

/** A colour profile under a name that says nothing. */
function renamedProfile(content: Uint8Array): Uint8Array {
  const nameEnd = content.indexOf(0);
  return chunk('iCCP', Buffer.concat([Buffer.from(profileName), content.subarray(Math.max(0, nameEnd))]));
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const made = Buffer.alloc(content.length + overheadBytes);
  made.writeUInt32BE(content.length, 0);
  made.write(type, 4, 'latin1');
  made.set(content, 8);
  made.writeUInt32BE(crc32(made.subarray(4, -4)), made.length - 4);
  return made;
}
