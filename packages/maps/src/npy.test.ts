import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readNpy, writeNpy } from './npy.js';

describe('NPY files', () => {
  test('what is written is what is read', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 5 }), { maxLength: 4 }), fc.infiniteStream(fc.float()), (shape, values) => {
        const size = shape.reduce((product, length) => product * length, 1);
        const data = Float32Array.from({ length: size }, () => values.next().value as number);
        const read = readNpy(writeNpy(data, shape));
        expect(read.shape).toEqual(shape);
        expect(read.data).toEqual(data);
      }),
    );
  });

  test('the header is the one that NumPy writes', () => {
    const file = Buffer.from(writeNpy(Float32Array.of(1, -2), [2]));
    expect(file.toString('latin1', 0, 8)).toBe('\x93NUMPY\x01\x00');
    expect(file.readUInt16LE(8)).toBe(118);
    expect(file.toString('latin1', 10, 128)).toBe(
      `${"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }".padEnd(117)}\n`,
    );
    expect([file.readFloatLE(128), file.readFloatLE(132), file.length]).toEqual([1, -2, 136]);
  });

  test('shapes that do not fit and files that were cut are refused', () => {
    expect(() => writeNpy(new Float32Array(5), [2, 3])).toThrow(RangeError);
    const file = writeNpy(new Float32Array(6), [2, 3]);
    expect(() => readNpy(file.subarray(0, -1))).toThrow('declares');
    expect(() => readNpy(file.subarray(1))).toThrow('no NPY file');
  });
});
