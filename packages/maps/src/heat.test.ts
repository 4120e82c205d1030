import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inferno, infernoOffset } from './colour-map.js';
import { heatPixels } from './heat.js';

/** Relative luminance of sRGB bytes (WCAG 2.2). */
function luminance(rgb: Uint8Array): number {
  const [red, green, blue] = [...rgb].map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe('the colour map', () => {
  test('grows brighter in even steps of lightness', () => {
    const lightness = Array.from(
      { length: 256 },
      (_, i) => 116 * Math.cbrt(luminance(inferno.subarray(3 * i, 3 * i + 3))),
    );
    const steps = lightness.slice(33).map((value, i) => value - lightness[i + 32]!);
    expect(Math.min(...steps)).toBeGreaterThan(-0.5);
    const [firstHalf, secondHalf] = [lightness[144]! - lightness[32]!, lightness[255]! - lightness[144]!];
    expect(firstHalf / secondHalf).toBeGreaterThan(0.7);
    expect(firstHalf / secondHalf).toBeLessThan(1.4);
  });

  test('clamps to its ends', () => {
    expect(infernoOffset(-3)).toBe(0);
    expect(infernoOffset(9)).toBe(255 * 3);
  });
});

describe('heat', () => {
  const pixel = (pixels: Uint8ClampedArray, width: number, x: number, y: number) => [
    ...pixels.subarray((y * width + x) * 4).subarray(0, 4),
  ];

  test('is clear below the threshold, coloured from it on, with a white contour between', () => {
    const map = Float32Array.of(0, 1, 0, 1);
    const pixels = heatPixels({ map, mapSide: 2 }, { width: 40, height: 20, from: 0.5, strength: 0.4 });
    expect(pixel(pixels, 40, 0, 10)).toEqual([0, 0, 0, 0]);
    expect(pixel(pixels, 40, 19, 10)).toEqual([0, 0, 0, 0]);
    expect(pixel(pixels, 40, 20, 10)).toEqual([255, 255, 255, 255]);
    expect(pixel(pixels, 40, 21, 10)[3]).toBe(102);
    expect(pixel(pixels, 40, 39, 0)).toEqual([...inferno.subarray(255 * 3), 102]);
  });

  test('covers exactly what is at or above the threshold, whatever the map', () => {
    fc.assert(
      fc.property(
        fc.float32Array({ minLength: 9, maxLength: 9, min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (map, from) => {
          const pixels = heatPixels({ map, mapSide: 3 }, { width: 3, height: 3, from, strength: 1 });
          expect([...map].map((value) => value >= from)).toEqual([...map].map((_, i) => pixels[i * 4 + 3] === 255));
        },
      ),
    );
  });

  test('has a contour that grows with the picture', () => {
    const map = Float32Array.of(0, 1, 0, 1);
    const contourOf = (side: number) => {
      const pixels = heatPixels({ map, mapSide: 2 }, { width: side, height: side, from: 0.5, strength: 0.4 });
      return Array.from({ length: side }, (_, x) => pixels[x * 4 + 3]).filter((alpha) => alpha === 255).length;
    };
    expect([128, 512, 1024].map(contourOf)).toEqual([1, 2, 4]);
  });

  test('refuses a map of another size', () => {
    const options = { width: 4, height: 4, from: 0.5, strength: 0.5 };
    expect(() => heatPixels({ map: new Float32Array(4), mapSide: 3 }, options)).toThrow(RangeError);
  });
});
