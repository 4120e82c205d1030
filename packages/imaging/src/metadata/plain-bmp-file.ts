import { bmpLayout } from '../raster/bmp.js';

const sizeOffset = 2;
const reservedOffset = 6;
const infoHeaderEnd = 54;
const masksEnd = 70;
const colourSpaceOffset = 70;
const standardColours = 0x73524742;

/**
 * The same bitmap without a colour profile and what lies between its parts or behind its pixels: zeros where that is in
 * the middle.
 */
export function plainBmpFile(bytes: Uint8Array): Uint8Array {
  const { headerEnd, hasMasks, tablesEnd, pixelOffset, pixelEnd } = bmpLayout(bytes);
  const plain = Buffer.from(bytes.subarray(0, pixelEnd));
  plain.writeUInt32LE(pixelEnd, sizeOffset);
  plain.writeUInt32LE(0, reservedOffset);
  plain.fill(0, Math.min(headerEnd, hasMasks ? masksEnd : infoHeaderEnd), headerEnd);
  if (headerEnd >= colourSpaceOffset + 4) plain.writeUInt32LE(standardColours, colourSpaceOffset);
  plain.fill(0, tablesEnd, pixelOffset);
  return plain;
}
