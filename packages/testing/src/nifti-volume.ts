/**
 * A NIfTI-1 volume (`.nii`) of signed 16-bit voxels, its axes to the right, to the front and to the head; `spacing` in
 * millimetres.
 */
export function niftiVolume(
  [nx, ny, nz]: readonly [number, number, number],
  spacing: readonly [number, number, number],
  value: (x: number, y: number, z: number) => number,
): Buffer {
  const headerBytes = 352;
  const file = Buffer.alloc(headerBytes + 2 * nx * ny * nz);
  file.writeInt32LE(348, 0);
  for (const [place, size] of [3, nx, ny, nz].entries()) file.writeInt16LE(size, 40 + 2 * place);
  file.writeInt16LE(4, 70); // signed 16 bits
  file.writeFloatLE(1, 76);
  for (const [axis, step] of spacing.entries()) file.writeFloatLE(step, 80 + 4 * axis);
  file.writeFloatLE(headerBytes, 108);
  file.writeFloatLE(1, 112);
  file.writeInt16LE(1, 254); // the matrix below holds
  for (const [axis, step] of spacing.entries()) file.writeFloatLE(step, 280 + 20 * axis);
  file.write('n+1\0', 344, 'latin1');
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) file.writeInt16LE(value(x, y, z), headerBytes + 2 * (x + nx * (y + ny * z)));
    }
  }
  return file;
}
