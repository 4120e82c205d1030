import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeRle } from './rle.js';

/** Runs of PackBits: bytes that are copied, a byte that is repeated, nothing. */
const run = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 128 }).map((bytes) => ({ packed: [bytes.length - 1, ...bytes], bytes })),
  fc
    .record({ byte: fc.nat({ max: 255 }), count: fc.integer({ min: 2, max: 128 }) })
    .map(({ byte, count }) => ({ packed: [257 - count, byte], bytes: new Uint8Array(count).fill(byte) })),
  fc.constant({ packed: [128], bytes: new Uint8Array() }),
);
const plane = fc.array(run, { minLength: 1, maxLength: 6 }).map((runs) => ({
  packed: runs.flatMap(({ packed }) => packed),
  bytes: runs.flatMap(({ bytes }) => [...bytes]),
}));
const planes = fc
  .record({ samplesPerPixel: fc.integer({ min: 1, max: 3 }), bytesPerSample: fc.integer({ min: 1, max: 4 }) })
  .chain((format) => {
    const count = format.samplesPerPixel * format.bytesPerSample;
    const segments = fc.array(plane, { minLength: count, maxLength: count });
    return segments.map((all) => ({ ...format, segments: all }));
  });

/** The frame of these segments, behind a header that says where they begin (PS3.5, G.5). */
function frameOf(segments: readonly { readonly packed: readonly number[] }[]): Uint8Array {
  const header = new DataView(new ArrayBuffer(64));
  header.setUint32(0, segments.length, true);
  let at = 64;
  for (const [index, { packed }] of segments.entries()) {
    header.setUint32(4 + 4 * index, at, true);
    at += packed.length;
  }
  return Uint8Array.from([...new Uint8Array(header.buffer), ...segments.flatMap(({ packed }) => packed)]);
}

test('byte planes of any runs become the samples of the pixels, and a frame that is cut is refused', () => {
  fc.assert(
    fc.property(planes, ({ samplesPerPixel, bytesPerSample, segments }) => {
      const pixels = Math.min(...segments.map(({ bytes }) => bytes.length));
      const decode = (frame: Uint8Array, count: number) => decodeRle(frame, count, samplesPerPixel, bytesPerSample);
      const expected = Array.from({ length: pixels }, (_, pixel) =>
        Array.from({ length: samplesPerPixel }, (__, sample) =>
          segments
            .slice(sample * bytesPerSample, (sample + 1) * bytesPerSample)
            .map(({ bytes }) => bytes[pixel]!)
            .reverse(),
        ),
      );
      const frame = frameOf(segments);
      expect([...decode(frame, pixels)]).toEqual(expected.flat(2));
      const longest = Math.max(...segments.map(({ bytes }) => bytes.length));
      expect(() => decode(frame, longest + 129)).toThrow('an RLE segment is cut short');
    }),
  );
});
