import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeImage } from '../decode/decode-image.js';
import { ImageError } from '../image/image-error.js';
import { renderOverlay } from '../overlay/overlay.js';
import { maskImage, rgbImage, testImage, trainingImage } from '../prepare/prepare-image.js';
import { goldenInput } from '../testing/golden-input.js';
import { ImagingPool } from './imaging-pool.js';

let pool: ImagingPool;
beforeAll(async () => {
  pool = await ImagingPool.start({ threads: 2, limits: { maximumBytes: 1_000_000 } });
});
afterAll(() => pool.close());

describe('the imaging pool does in threads what the functions do', () => {
  test.each([
    ['train', trainingImage],
    ['test', testImage],
    ['mask', maskImage],
  ] as const)('prepare: %s', async (kind, prepare) => {
    const bytes = goldenInput('palette.png');
    const { image, ...description } = await pool.prepare(bytes, { side: 64, kind });
    expect(image).toEqual(prepare(await decodeImage(bytes), 64));
    expect(description).toEqual({ format: 'png', mode: 'palette', width: 97, height: 61, frameCount: 1, notes: [] });
  });

  test('describe', async () => {
    expect(await pool.describe(goldenInput('exif_rotated.jpg'))).toMatchObject({
      format: 'jpeg',
      width: 60,
      height: 90,
    });
  });

  test('overlay', async () => {
    const bytes = goldenInput('rgb.png');
    const map = Float32Array.of(0, 0.5, 1, 0.25);
    const png = await pool.overlay(bytes, map, 2);
    expect(png.equals(await renderOverlay(rgbImage(await decodeImage(bytes)), map, 2))).toBe(true);
  });

  test.each(['gray8.png', 'rgb.png', 'exif_rotated.jpg'])('png: the pixels of %s and nothing else', async (name) => {
    const decoded = await decodeImage(goldenInput(name));
    const { png, description } = await pool.png(goldenInput(name));
    expect(description).toMatchObject({ width: decoded.width, height: decoded.height, format: decoded.format });
    const again = await decodeImage(png);
    expect(again.mode).toBe(decoded.mode);
    expect(Buffer.from(again.data).equals(decoded.data)).toBe(true);
    expect(Buffer.from(png).includes('eXIf')).toBe(false);
  });

  test('many at once, with the caller’s bytes left alone', async () => {
    const bytes = goldenInput('gray8.png');
    const copy = Buffer.from(bytes);
    const prepared = await Promise.all(
      Array.from({ length: 12 }, () => pool.prepare(bytes, { side: 32, kind: 'train' })),
    );
    for (const { image } of prepared) expect(image.data).toEqual(prepared[0]!.image.data);
    expect(bytes.equals(copy)).toBe(true);
  });
});

describe('errors', () => {
  test('of a file are ImageErrors', async () => {
    const cut = goldenInput('big.jpg').subarray(0, 5000);
    const error: unknown = await pool.describe(cut).catch((reason) => reason);
    expect(error).toBeInstanceOf(ImageError);
    expect(error).toMatchObject({ code: 'corrupt-image' });
    await expect(pool.describe(new Uint8Array(1_000_001))).rejects.toMatchObject({ code: 'too-many-bytes' });
  });

  test('of the caller are named', async () => {
    await expect(pool.prepare(goldenInput('rgb.png'), { side: 0, kind: 'test' })).rejects.toThrow('RangeError');
    await expect(ImagingPool.start({ threads: 0 })).rejects.toThrow(RangeError);
  });

  test('an aborted task', async () => {
    const reason = new Error('no longer wanted');
    const task = pool.describe(goldenInput('rgb.png'), { signal: AbortSignal.abort(reason) });
    await expect(task).rejects.toBe(reason);
  });
});
