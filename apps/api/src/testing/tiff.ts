/** A TIFF file (6.0) of uncompressed 8-bit grey pages, each of one level. */
export function grayTiff(width: number, height: number, levels: readonly number[]): Buffer {
  const parts: Buffer[] = [Buffer.from([0x49, 0x49, 42, 0, 8, 0, 0, 0])];
  let at = 8;
  levels.forEach((level, page) => {
    const entries = [
      [256, width],
      [257, height],
      [258, 8],
      [259, 1],
      [262, 1],
      [273, 0],
      [277, 1],
      [278, height],
      [279, width * height],
    ] as const;
    const directoryBytes = 2 + entries.length * 12 + 4;
    const pixelsAt = at + directoryBytes;
    const directory = Buffer.alloc(directoryBytes);
    directory.writeUInt16LE(entries.length, 0);
    entries.forEach(([tag, value], i) => {
      const entry = 2 + i * 12;
      directory.writeUInt16LE(tag, entry);
      directory.writeUInt16LE(4, entry + 2);
      directory.writeUInt32LE(1, entry + 4);
      directory.writeUInt32LE(tag === 273 ? pixelsAt : value, entry + 8);
    });
    const next = pixelsAt + width * height;
    directory.writeUInt32LE(page === levels.length - 1 ? 0 : next, directoryBytes - 4);
    parts.push(directory, Buffer.alloc(width * height, level));
    at = next;
  });
  return Buffer.concat(parts);
}
