import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { premultiply, unpremultiply } from './alpha.js';
import { resizeBilinear } from './bilinear.js';
import { toGrey, toRgb } from './colour.js';
import { resizeNearest } from './nearest.js';
import type { Raster } from './raster.js';

const length = fc.integer({ min: 1, max: 40 });
const raster = fc
  .tuple(length, length, fc.integer({ min: 1, max: 4 }))
  .chain(([width, height, channels]) =>
    fc
      .uint8Array({ minLength: width * height * channels, maxLength: width * height * channels })
      .map((data): Raster => ({ width, height, channels, data })),
  );
const resizings = [resizeBilinear, resizeNearest];

describe.each(resizings.map((resize) => [resize.name, resize] as const))('%s', (_, resize) => {
  test('has the size asked for and stays within the range of its input', () => {
    fc.assert(
      fc.property(raster, length, length, (image, width, height) => {
        const resized = resize(image, width, height);
        expect(resized).toMatchObject({ width, height, channels: image.channels });
        expect(resized.data.length).toBe(width * height * image.channels);
        expect(Math.min(...resized.data)).toBeGreaterThanOrEqual(Math.min(...image.data));
        expect(Math.max(...resized.data)).toBeLessThanOrEqual(Math.max(...image.data));
      }),
    );
  });

  test('leaves a constant image constant', () => {
    fc.assert(
      fc.property(length, length, length, length, fc.nat({ max: 255 }), (width, height, toWidth, toHeight, value) => {
        const image = { width, height, channels: 1, data: new Uint8Array(width * height).fill(value) };
        expect(new Set(resize(image, toWidth, toHeight).data)).toEqual(new Set([value]));
      }),
    );
  });

  test('leaves an image of the same size alone', () => {
    fc.assert(fc.property(raster, (image) => expect(resize(image, image.width, image.height)).toEqual(image)));
  });
});

describe('the bilinear filter', () => {
  test('gives a row the same values alone and among others', () => {
    fc.assert(
      fc.property(raster, length, (image, width) => {
        const rowBytes = image.width * image.channels;
        const rows = Array.from({ length: image.height }, (_, y) => {
          const data = image.data.subarray(y * rowBytes, (y + 1) * rowBytes);
          return [...resizeBilinear({ ...image, height: 1, data }, width, 1).data];
        });
        expect([...resizeBilinear(image, width, image.height).data]).toEqual(rows.flat());
      }),
    );
  });

  test('gives a column the same values alone and among others', () => {
    fc.assert(
      fc.property(raster, length, ({ width, height, channels, data }, to) => {
        const lines = width * channels;
        const { data: resized } = resizeBilinear({ width, height, channels, data }, width, to);
        for (let line = 0; line < lines; line++) {
          const alone = data.filter((_, at) => at % lines === line);
          const column = resizeBilinear({ width: 1, height, channels: 1, data: alone }, 1, to);
          expect(column.data).toEqual(resized.filter((_, at) => at % lines === line));
        }
      }),
      { numRuns: 30 },
    );
  });

  test('keeps white white however many pixels become one', () => {
    const white = { width: 65_535, height: 1, channels: 1, data: new Uint8Array(65_535).fill(255) };
    for (const width of [1, 3, 7, 1000, 65_000]) {
      expect(resizeBilinear(white, width, 1).data.every((value) => value === 255)).toBe(true);
    }
  });
});

describe('colours', () => {
  test('grey stays grey through RGB', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (data) => {
        const grey: Raster = { width: data.length, height: 1, channels: 1, data };
        expect(toGrey(toRgb(grey))).toEqual(grey);
      }),
    );
  });

  test('opaque colours are not changed by their alpha', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (greys) => {
        const data = Uint8Array.from([...greys].flatMap((value) => [value, 255]));
        const opaque: Raster = { width: greys.length, height: 1, channels: 2, data };
        expect(premultiply(opaque)).toEqual(opaque);
        expect(unpremultiply(opaque)).toEqual(opaque);
      }),
    );
  });
});
