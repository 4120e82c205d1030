import { describe, expect, test } from '@jest/globals';
import { inferno } from '@mediclip/maps';
import sharp from 'sharp';
import type { Raster } from '../resize/raster.js';
import { drawOverlay, type OverlayOptions, overlayGround } from './overlay.js';

const renderOverlay = (image: Raster, map: Float32Array, mapSide: number, options?: Partial<OverlayOptions>) =>
  drawOverlay(overlayGround(image), map, mapSide, { from: 0.5, ...options });

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

const gap = 12;

describe('overlays', () => {
  test('show the picture twice in its aspect, with a legend to the right', async () => {
    const { width, height } = await pixelsOf(await renderOverlay(grey(800, 400, 100), new Float32Array(16), 4));
    expect(height).toBe(400);
    expect(width).toBeGreaterThan(1600);
    const small = await pixelsOf(await renderOverlay(grey(20, 40, 100), new Float32Array(16), 4));
    expect(small.height).toBe(384);
    const large = await pixelsOf(await renderOverlay(grey(20, 2000, 100), new Float32Array(16), 4));
    expect(large.height).toBe(1024);
  });

  test('leave the picture as it is where the map is below the threshold, and colour the rest', async () => {
    const map = Float32Array.of(0, 1, 0, 1);
    const { at } = await pixelsOf(await renderOverlay(grey(400, 400, 100), map, 2));
    const right = 400 + gap;
    for (const x of [0, 399, right, right + 190]) expect(at(x, 200)).toEqual([100, 100, 100]);
    expect(at(right + 200, 200)).toEqual([255, 255, 255]);
    expect(at(right + 399, 200)).toEqual([...inferno.subarray(255 * 3)].map((colour) => Math.round(50 + colour / 2)));
  });

  test('keep the colours of a picture that has some', async () => {
    const colour = { width: 400, height: 400, channels: 3, data: new Uint8Array(400 * 400 * 3).fill(7) };
    for (let pixel = 0; pixel < 400 * 400; pixel++) colour.data[pixel * 3] = 200;
    const { at } = await pixelsOf(await renderOverlay(colour, new Float32Array(4), 2));
    expect([at(10, 10), at(400 + gap + 10, 10)]).toEqual([
      [200, 7, 7],
      [200, 7, 7],
    ]);
  });

  test('alone are as large as their picture', async () => {
    const png = await renderOverlay(grey(500, 400, 9), new Float32Array(4), 2, { alone: true });
    expect(await pixelsOf(png)).toMatchObject({ width: 500, height: 400 });
  });

  test('have a bar that is coloured from the threshold on, whatever it is', async () => {
    const left = 2 * 384 + 2 * gap + 8;
    for (const from of [-0.1, 0, 0.3, 0.98, 1, 7]) {
      const { at } = await pixelsOf(await renderOverlay(grey(384, 384, 9), new Float32Array(4), 2, { from }));
      const isColoured = (value: number) => at(left, gap + Math.round((1 - value) * (384 - 2 * gap - 1)))[0] !== 24;
      for (const value of [0.05, 0.29, 0.31, 0.97])
        expect([from, value, isColoured(value)]).toEqual([from, value, value >= from]);
    }
  });

  test('refuse a map of another size', async () => {
    await expect(renderOverlay(grey(64, 64, 9), new Float32Array(4), 3)).rejects.toThrow(RangeError);
  });
});
