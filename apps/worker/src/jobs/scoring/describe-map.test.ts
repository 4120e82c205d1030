import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeMap } from './describe-map.js';

const side = 8;

/** A map that is 0.1 but for a block of 2 x 3 values (rows x columns) from row 4 and column 2. */
function mapWithBlock(value: number): Float32Array {
  const map = new Float32Array(side * side).fill(0.1);
  for (const row of [4, 5]) map.fill(value, row * side + 2, row * side + 5);
  return map;
}

function calibratedAt(threshold: number) {
  const id = '0193f3a2-7c1e-7d3a-9b5f-2f1c8a6e4d10';
  const at = '2026-03-14T09:26:53.589Z';
  const digest = '0'.repeat(64);
  return { alpha: 0.1, threshold, images: 9, datasetId: id, datasetDigest: digest, jobId: id, createdAt: at };
}

describe('the description of a map', () => {
  test('has regions in pixels of the image, whatever its aspect', () => {
    const { regions, map } = describeMap(
      { score: 0.9, map: mapWithBlock(0.75), mapSide: side },
      { width: 80, height: 160 },
      null,
    );
    expect(map).toEqual({ width: 8, height: 8, min: expect.closeTo(0.1, 6), max: 0.75 });
    expect(regions).toEqual([{ x: 20, y: 80, width: 30, height: 40, areaPixels: 1200, peak: 0.75 }]);
  });

  test('takes regions and decision by the calibrated threshold', () => {
    const map = mapWithBlock(0.4);
    const size = { width: 8, height: 8 };
    expect(describeMap({ score: 0.35, map, mapSide: side }, size, null)).toMatchObject({ regions: [] });
    const lenient = describeMap({ score: 0.35, map, mapSide: side }, size, calibratedAt(0.3));
    expect(lenient).toMatchObject({ decision: 'abnormal', regions: [{ x: 2, y: 4 }] });
    const exact = describeMap({ score: 0.35, map, mapSide: side }, size, calibratedAt(0.35));
    expect(exact.decision).toBe('normal');
  });

  test('keeps every region inside the image and at least a pixel large', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: side * side, maxLength: side * side }),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 300 }),
        (values, width, height) => {
          const scored = { score: 0.5, map: Float32Array.from(values), mapSide: side };
          for (const region of describeMap(scored, { width, height }, null).regions) {
            expect(Math.min(region.width, region.height)).toBeGreaterThanOrEqual(1);
            expect(region.x + region.width).toBeLessThanOrEqual(width);
            expect(region.y + region.height).toBeLessThanOrEqual(height);
          }
        },
      ),
    );
  });
});
