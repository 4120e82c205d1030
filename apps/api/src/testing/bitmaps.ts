const headerBytes = 54;

/** A 24-bit BMP whose pixels depend on `seed`, so that no two seeds give the same bytes. */
export function bitmap(width = 16, height = 12, seed = 0): Buffer {
  const rowBytes = Math.ceil((width * 3) / 4) * 4;
  const file = Buffer.alloc(headerBytes + rowBytes * height);
  file.write('BM', 'latin1');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(headerBytes, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  file.writeUInt32LE(rowBytes * height, 34);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width * 3; x++) file[headerBytes + y * rowBytes + x] = (x * 7 + y * 13 + seed * 31) & 255;
  }
  file.writeUInt32LE(seed >>> 0, headerBytes);
  return file;
}
