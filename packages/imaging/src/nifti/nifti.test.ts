import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeImage } from '../decode/decode-image.js';
import { openImage } from '../decode/open-image.js';
import { valueReader } from '../greys/grey-values.js';
import type { Reading } from '../image/reading.js';

/** Voxels to the right, to the front and to the head. */
const body = [9, 10, 11] as const;
/** A body whose every voxel has a value of its own. */
const valueAt = (x: number, y: number, z: number) => 1000 + x + 20 * y + 400 * z;

const orders = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

interface VolumeOptions {
  /** Which direction of the body each axis of the file runs along, and whether with it. */
  readonly order?: readonly [number, number, number];
  readonly forward?: readonly [boolean, boolean, boolean];
  readonly spacing?: readonly [number, number, number];
  readonly littleEndian?: boolean;
  readonly version?: 1 | 2;
  readonly value?: (x: number, y: number, z: number) => number;
  readonly orientation?: 'sform' | 'qform' | 'none';
  readonly quaternion?: readonly [number, number, number];
  readonly handedness?: number;
  readonly scale?: readonly [number, number];
  /** Header fields that tell something else than there is. */
  readonly claimed?: readonly [number, number, number];
}

/** A NIfTI file of signed 16-bit voxels. */
function volume(options: VolumeOptions = {}): Buffer {
  const { order = [0, 1, 2], forward = [true, true, true], spacing = [1, 1, 5], littleEndian = true } = options;
  const { version = 1, value = valueAt, orientation = 'sform', scale = [1, 0] } = options;
  const offset = version === 1 ? 352 : 544;
  const extent = order.map((direction) => body[direction]!);
  const [nx, ny, nz] = extent as [number, number, number];
  const file = Buffer.alloc(offset + 2 * nx * ny * nz);
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const isFirst = version === 1;
  const float = (first: number, second: number, number: number) =>
    isFirst ? view.setFloat32(first, number, littleEndian) : view.setFloat64(second, number, littleEndian);
  const code = (first: number, second: number, number: number) =>
    isFirst ? view.setInt16(first, number, littleEndian) : view.setInt32(second, number, littleEndian);
  view.setInt32(0, isFirst ? 348 : 540, littleEndian);
  file.write(isFirst ? 'n+1\0' : 'n+2\0', isFirst ? 344 : 4, 'latin1');
  [3, ...(options.claimed ?? extent)].forEach((size, i) => {
    if (isFirst) view.setInt16(40 + 2 * i, size, littleEndian);
    else view.setBigInt64(16 + 8 * i, BigInt(size), littleEndian);
  });
  view.setInt16(isFirst ? 70 : 12, 4, littleEndian);
  if (isFirst) view.setFloat32(108, offset, littleEndian);
  else view.setBigInt64(168, BigInt(offset), littleEndian);
  float(76, 104, options.handedness ?? 1);
  for (const [axis, direction] of order.entries()) float(80 + 4 * axis, 112 + 8 * axis, spacing[direction]!);
  float(112, 176, scale[0]);
  float(116, 184, scale[1]);
  if (orientation === 'sform') {
    code(254, 348, 1);
    order.forEach((direction, axis) => {
      const step = forward[axis] ? spacing[direction]! : -spacing[direction]!;
      float(280 + 16 * direction + 4 * axis, 400 + 32 * direction + 8 * axis, step);
    });
  } else if (orientation === 'qform') {
    code(252, 344, 1);
    for (const [i, part] of (options.quaternion ?? [0, 0, 0]).entries()) float(256 + 4 * i, 352 + 8 * i, part);
  }
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++) {
        const at = [0, 0, 0];
        [i, j, k].forEach((index, axis) => {
          at[order[axis]!] = forward[axis] ? index : extent[axis]! - 1 - index;
        });
        view.setInt16(offset + 2 * (i + nx * (j + ny * k)), value(at[0]!, at[1]!, at[2]!), littleEndian);
      }
    }
  }
  return file;
}

/** A volume of NIfTI-1 that says it is of another kind. */
function renamed(magic: string): Uint8Array {
  const file = volume();
  file.set(Buffer.from(magic, 'latin1'), 344);
  return file;
}

/** The values of all slices, row by row, and what was noted. */
async function slicesOf(file: Uint8Array, reading: Reading = {}) {
  const image = await openImage(file, {}, reading);
  const slices = [];
  for (let frame = 0; frame < image.decodable; frame++) {
    const read = await image.read(frame);
    if (!('greys' in read)) throw new Error('The slice is not deep.');
    const { width, height, notes, greys } = read;
    slices.push({ width, height, notes, values: Array.from(greys.stored, valueReader(greys.pixels)) });
  }
  return slices;
}

const [right, front, head] = body;
const from = (count: number, value: (index: number) => number) => Array.from({ length: count }, (_, i) => value(i));
/** Across the body: its right on the left, its front above, from foot to head. */
const axial = from(head, (z) => z).map((z) =>
  from(right * front, (i) => valueAt(right - 1 - (i % right), front - 1 - Math.floor(i / right), z)),
);
const coronal = from(front, (y) => y).map((y) =>
  from(right * head, (i) => valueAt(right - 1 - (i % right), y, head - 1 - Math.floor(i / right))),
);
const sagittal = from(right, (x) => x).map((x) =>
  from(front * head, (i) => valueAt(x, front - 1 - (i % front), head - 1 - Math.floor(i / front))),
);

describe('a NIfTI volume', () => {
  test('of every order and sign of axes, byte order and version lands in one orientation, across the thickest spacing', async () => {
    const sign = fc.boolean();
    const kind = fc.constantFrom(
      { spacing: [1, 1, 5] as const, slices: axial },
      { spacing: [1, 1, 1] as const, slices: axial },
      { spacing: [1, 4, 2] as const, slices: coronal },
      { spacing: [3, 1, 1] as const, slices: sagittal },
    );
    const version = fc.constantFrom(1 as const, 2 as const);
    for (const order of orders) {
      await fc.assert(
        fc.asyncProperty(
          fc.tuple(sign, sign, sign),
          kind,
          sign,
          version,
          sign,
          async (forward, wanted, littleEndian, kept, isPacked) => {
            const file = volume({ order, forward, spacing: wanted.spacing, littleEndian, version: kept });
            const slices = await slicesOf(isPacked ? gzipSync(file) : file);
            expect(slices.map(({ values }) => values)).toEqual(wanted.slices);
          },
        ),
        { numRuns: 12 },
      );
    }
  });

  test('has the slices of the plane that is asked for, whatever its spacing', async () => {
    const wanted = { axial, coronal, sagittal };
    for (const plane of ['axial', 'coronal', 'sagittal'] as const) {
      for (const options of [{}, { order: [2, 0, 1], forward: [false, true, false], spacing: [5, 1, 1] }] as const) {
        const slices = await slicesOf(volume(options), { plane });
        expect(slices.map(({ values }) => values)).toEqual(wanted[plane]);
      }
    }
  });

  test('is turned by its quaternion too, which a handedness of -1 reflects', async () => {
    const turned = volume({
      orientation: 'qform',
      quaternion: [0, 0, 1],
      order: [0, 1, 2],
      forward: [false, false, true],
    });
    expect((await slicesOf(turned)).map(({ values }) => values)).toEqual(axial);
    const reflected = volume({ orientation: 'qform', handedness: -1, forward: [true, true, false] });
    expect((await slicesOf(reflected)).map(({ values }) => values)).toEqual(axial);
    const [first] = await slicesOf(volume({ orientation: 'none' }));
    expect(first!.notes).toEqual([expect.stringContaining('does not say how the body lies')]);
  });

  test('has the values that its scale says, and is a picture for people', async () => {
    const [first] = await slicesOf(volume({ scale: [0.5, -100] }));
    expect(first!.values).toEqual(axial[0]!.map((value) => value / 2 - 100));
    expect(await decodeImage(volume())).toMatchObject({
      format: 'nifti',
      width: right,
      height: front,
      mode: 'grey',
      frameCount: head,
    });
  });

  test('is one group, the same packed and unpacked, and another one than other volumes are', async () => {
    const groupOf = async (file: Uint8Array) => (await (await openImage(file)).read(1)).group;
    const group = await groupOf(volume());
    expect(group).toMatch(/^volume-[0-9a-f]{32}$/);
    expect(await groupOf(gzipSync(volume()))).toBe(group);
    expect(await groupOf(volume({ scale: [2, 0] }))).not.toBe(group);
  });

  test('loses its empty slices, and says so; one of nothing else has no picture', async () => {
    const slices = await slicesOf(volume({ value: (x, y, z) => (z < 3 ? 0 : valueAt(x, y, z)) }));
    expect(slices.map(({ values }) => values)).toEqual(axial.slice(3));
    expect(slices[0]!.notes).toEqual(['3 empty slices were left out']);
    await expect(openImage(volume({ value: () => 7 }))).rejects.toMatchObject({ code: 'no-pixels' });
  });

  test.each<[string, string, () => Uint8Array]>([
    ['a file that is cut short', 'corrupt-image', () => volume().subarray(0, 900)],
    ['a packed file that is cut short', 'corrupt-image', () => gzipSync(volume()).subarray(0, 700)],
    ['a header that promises more', 'corrupt-image', () => volume({ claimed: [9, 10, 100] })],
    ['a packed header that promises more', 'corrupt-image', () => gzipSync(volume({ claimed: [9, 10, 100] }))],
    ['a negative size', 'corrupt-image', () => volume({ claimed: [9, -10, 11] })],
    ['a size of 0', 'corrupt-image', () => volume({ claimed: [9, 0, 11] })],
    ['more than the limit, packed small', 'too-many-bytes', () => gzipSync(volume({ claimed: [9999, 9999, 999] }))],
    ['a bomb behind a small header', 'corrupt-image', () => gzipSync(Buffer.concat([volume(), Buffer.alloc(2 ** 25)]))],
    [
      'too many slices',
      'too-many-frames',
      () => Buffer.concat([volume({ claimed: [8, 8, 2000] }), Buffer.alloc(300_000)]),
    ],
    ['the header of two files', 'unsupported-encoding', () => renamed('ni1\0').subarray(0, 348)],
    ['the header of two files, packed', 'unsupported-encoding', () => gzipSync(renamed('ni1\0').subarray(0, 348))],
    ['a header of Analyze 7.5', 'unsupported-encoding', () => renamed('\0\0\0\0').subarray(0, 348)],
    ['another kind of packed file', 'unsupported-format', () => gzipSync(Buffer.from('text'))],
  ])('is refused: %s', async (_, code, file) => {
    await expect(openImage(file())).rejects.toMatchObject({ name: 'ImageError', code });
  });
});
