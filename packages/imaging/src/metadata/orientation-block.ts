const orientationTag = 274;
const short = 3;

/**
 * An EXIF block (a TIFF file without pixels) that says nothing but which way is up: 1 to 8 as in TIFF 6.0, page 36.
 */
export function orientationBlock(orientation: number): Uint8Array {
  const block = new DataView(new ArrayBuffer(26));
  block.setUint16(0, 0x4d4d);
  block.setUint16(2, 42);
  block.setUint32(4, 8);
  block.setUint16(8, 1);
  block.setUint16(10, orientationTag);
  block.setUint16(12, short);
  block.setUint32(14, 1);
  block.setUint16(18, orientation);
  return new Uint8Array(block.buffer);
}
