import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openImage } from '../decode/open-image.js';
import { dicomFile } from '../testing/dicom-file.js';
import { bytesOf, encoders, frameOf, ramp, size } from '../testing/small-dicom.js';
import { countedValues, storableRange, storedValue } from './stored-values.js';

const bits = fc.integer({ min: 1, max: 16 }).chain((bitsStored) =>
  fc.record({
    bitsStored: fc.constant(bitsStored),
    highBit: fc.integer({ min: bitsStored - 1, max: 15 }),
    signed: fc.boolean(),
    isLent: fc.boolean(),
  }),
);

test('values are counted from the smallest, whatever the bits beside them hold and wherever they begin', () => {
  const samples = fc.uint16Array({ minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(bits, samples, fc.nat({ max: 2 }), ({ signed, ...stored }, all, begin) => {
      const frame = { ...stored, isRgb: false, samples: Uint16Array.from([0, 0, ...all]).subarray(begin) };
      const { low } = storableRange(frame, signed);
      const counted = Array.from(frame.samples, (sample) => storedValue(sample, frame, signed) - low);
      expect([...countedValues(frame, signed)]).toEqual(counted);
    }),
  );
});

const deep = { ...size, bitsAllocated: 16, bitsStored: 12 };
async function storedIn(file: Buffer) {
  const image = await openImage(file);
  const read = await image.read(0);
  if (!('greys' in read)) throw new TypeError('The picture has no deep greys.');
  return { values: read.greys.stored, again: () => image.read(0) };
}

test('values that a file has as they are lie in its bytes, and others beside it', async () => {
  const values = ramp(12);
  const pixels = { transferSyntax: '1.2.840.10008.1.2.1', pixelData: bytesOf(values) };
  // In memory of its own, where the values begin at an even byte.
  const file = Buffer.from(Uint8Array.from(dicomFile({ ...deep, ...pixels })).buffer);
  const { values: inFile } = await storedIn(file);
  expect([inFile.buffer === file.buffer, inFile]).toEqual([true, values]);

  const file16 = Buffer.from(Uint8Array.from(dicomFile({ ...deep, ...pixels, signed: true })).buffer);
  const { values: beside } = await storedIn(file16);
  expect(beside.buffer === file16.buffer).toBe(false);
});

test.each(['JPEG-LS', 'JPEG 2000'])('values of %s stay when its codec goes on', async (name) => {
  const [transferSyntax, encode] = encoders[name]!;
  const fileOf = async (phase: number) =>
    dicomFile({ ...deep, transferSyntax, pixelData: [await encode(frameOf(ramp(12, phase), 12))] });
  const { values } = await storedIn(await fileOf(0));
  await storedIn(await fileOf(100));
  expect(values).toEqual(ramp(12));
});
