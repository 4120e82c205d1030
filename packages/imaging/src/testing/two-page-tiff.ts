const SIDE = 16;
const TAGS = 8;
const DIRECTORY_BYTES = 2 + TAGS * 12 + 4;
const PAGE_BYTES = DIRECTORY_BYTES + SIDE * SIDE;
const HEADER_BYTES = 8;

/** An uncompressed little-endian TIFF of two grey pages of 16 x 16 pixels, all 10 and all 20. */
export function twoPageTiff(): Buffer {
  const file = Buffer.alloc(HEADER_BYTES + 2 * PAGE_BYTES);
  file.write('II', 'latin1');
  file.writeUInt16LE(42, 2);
  file.writeUInt32LE(HEADER_BYTES, 4);
  writePage(file, HEADER_BYTES, 10, HEADER_BYTES + PAGE_BYTES);
  writePage(file, HEADER_BYTES + PAGE_BYTES, 20, 0);
  return file;
}

function writePage(file: Buffer, start: number, value: number, next: number): void {
  const pixels = start + DIRECTORY_BYTES;
  const [width, height, bits, compression, photometric] = [256, 257, 258, 259, 262];
  const [stripOffsets, rowsPerStrip, stripBytes] = [273, 278, 279];
  const entries: [number | undefined, number][] = [
    [width, SIDE],
    [height, SIDE],
    [bits, 8],
    [compression, 1],
    [photometric, 1],
    [stripOffsets, pixels],
    [rowsPerStrip, SIDE],
    [stripBytes, SIDE * SIDE],
  ];
  file.writeUInt16LE(TAGS, start);
  entries.forEach(([tag, entry], i) => {
    const at = start + 2 + i * 12;
    file.writeUInt16LE(tag!, at);
    file.writeUInt16LE(4, at + 2);
    file.writeUInt32LE(1, at + 4);
    file.writeUInt32LE(entry, at + 8);
  });
  file.writeUInt32LE(next, start + DIRECTORY_BYTES - 4);
  file.fill(value, pixels, pixels + SIDE * SIDE);
}
