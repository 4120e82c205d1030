import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import type { Raster } from '../resize/raster.js';
import { inferno, infernoOffset } from './colour-map.js';
import { drawOverlay, type OverlayOptions, overlayGround } from './overlay.js';

const renderOverlay = (image: Raster, map: Float32Array, mapSide: number, options?: OverlayOptions) =>
  drawOverlay(overlayGround(image), map, mapSide, options);

const grey = (width: number, height: number, value: number) => ({
  width,
  height,
  channels: 1,
  data: new Uint8Array(width * height).fill(value),
});

async function pixelsOf(png: Buffer) {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    at: (x: number, y: number) => [...data.subarray((y * info.width + x) * 3).subarray(0, 3)],
  };
}

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
    expect(infernoOffset(-3, 0, 1)).toBe(0);
    expect(infernoOffset(9, 0, 1)).toBe(255 * 3);
  });
});

describe('overlays', () => {
  test('keep the aspect of the image, with a legend to its right', async () => {
    const { width, height } = await pixelsOf(await renderOverlay(grey(800, 400, 100), new Float32Array(16), 4));
    expect(height).toBe(400);
    expect(width).toBeGreaterThan(800);
    const small = await pixelsOf(await renderOverlay(grey(20, 40, 100), new Float32Array(16), 4));
    expect(small.height).toBe(384);
    const large = await pixelsOf(await renderOverlay(grey(20, 2000, 100), new Float32Array(16), 4));
    expect(large.height).toBe(1024);
  });

  test('blend the image with the colour of the map under it', async () => {
    const map = Float32Array.of(0, 1, 0, 1);
    const { at } = await pixelsOf(await renderOverlay(grey(400, 400, 100), map, 2));
    const blend = (offset: number) => [0, 1, 2].map((channel) => Math.trunc(50 + inferno[offset + channel]! / 2));
    expect(at(0, 200)).toEqual(blend(0));
    expect(at(399, 200)).toEqual(blend(255 * 3));
  });

  test('frame regions', async () => {
    const regions = [{ box: { x: 1, y: 1, width: 2, height: 2 } }];
    const { at } = await pixelsOf(await renderOverlay(grey(400, 400, 0), new Float32Array(16), 4, { regions }));
    for (const [x, y] of [
      [100, 100],
      [299, 299],
      [200, 100],
      [100, 200],
    ] as const)
      expect(at(x, y)).toEqual([255, 255, 255]);
    expect(at(99, 100)).not.toEqual([255, 255, 255]);
    expect(at(200, 200)).not.toEqual([255, 255, 255]);
  });

  test('label any range of numbers', async () => {
    for (const range of [
      { low: -1e-7, high: 1 },
      { low: 0.123456, high: 9876543 },
      { low: -5, high: 5 },
    ]) {
      const png = await renderOverlay(grey(64, 64, 9), new Float32Array(4), 2, { range });
      expect(png.subarray(1, 4).toString()).toBe('PNG');
    }
  });

  test('refuse an empty range and a map of another size', async () => {
    await expect(
      renderOverlay(grey(64, 64, 9), new Float32Array(4), 2, { range: { low: 1, high: 1 } }),
    ).rejects.toThrow('empty');
    await expect(renderOverlay(grey(64, 64, 9), new Float32Array(4), 3)).rejects.toThrow(RangeError);
  });
});
