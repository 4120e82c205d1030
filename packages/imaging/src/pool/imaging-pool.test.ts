import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { crossed, rebuilt } from '@mediclip/threads';
import fc from 'fast-check';
import { decodeImage } from '../decode/decode-image.js';
import { ImageError } from '../image/image-error.js';
import { decodeMask } from '../masks/decode-mask.js';
import { withoutMetadata } from '../metadata/without-metadata.js';
import { drawOverlay, overlayGround } from '../overlay/overlay.js';
import { maskImage, rgbImage, testImage, trainingImage } from '../prepare/prepare-image.js';
import { dicomFile } from '../testing/dicom-file.js';
import { goldenInput } from '../testing/golden-input.js';
import { ImagingPool } from './imaging-pool.js';

let pool: ImagingPool;
beforeAll(async () => {
  pool = await ImagingPool.start({ threads: 2, limits: { maximumBytes: 1_000_000 } });
});
afterAll(() => pool.close());

const folder = temporaryFolder();
let files = 0;
function onDisk(bytes: Uint8Array): { path: string } {
  const file = path.join(folder, `file-${files++}`);
  writeFileSync(file, bytes);
  return { path: file };
}

describe('the imaging pool does in threads what the functions do', () => {
  test.each([
    ['train', trainingImage, ['its colours became greys for training, as in the paper']],
    ['test', testImage, []],
  ] as const)('prepared: %s', async (kind, prepare, notes) => {
    const bytes = goldenInput('palette.png');
    const { prepared, description } = await pool.frame(bytes, { prepared: { side: 64, kind } });
    expect(prepared).toEqual(prepare(await decodeImage(bytes), 64));
    expect(description).toEqual({ format: 'png', mode: 'palette', width: 97, height: 61, frameCount: 1, notes });
  });

  test('a mask is read from its stored values', async () => {
    const bytes = goldenInput('mask_many_values.png');
    const { prepared, description } = await pool.frame(bytes, { prepared: { side: 64, kind: 'mask' } });
    const decoded = await decodeMask(bytes);
    expect(prepared).toEqual(maskImage(decoded, 64));
    expect(description.notes).toEqual(decoded.notes);
  });

  test('a file is described, from its bytes and from its place', async () => {
    const bytes = goldenInput('exif_rotated.jpg');
    for (const source of [bytes, onDisk(bytes)]) {
      const { description } = await pool.frame(source, {});
      expect(description).toMatchObject({ format: 'jpeg', width: 60, height: 90 });
    }
  });

  test('an overlay is the same with its image and on what was kept of it', async () => {
    const bytes = goldenInput('rgb.png');
    const map = Float32Array.of(0, 0.5, 1, 0.25);
    const { ground, overlay } = await pool.frame(bytes, { ground: true, overlay: { map, mapSide: 2, from: 0.5 } });
    const expected = await drawOverlay(overlayGround(rgbImage(await decodeImage(bytes))), map, 2, { from: 0.5 });
    expect(Buffer.compare(overlay, expected)).toBe(0);
    expect(Buffer.compare(await pool.overlay(ground, map, 2, { from: 0.5 }), expected)).toBe(0);
  });

  test.each([1, 3])(
    'stored: the pixels of DICOM with %d samples a pixel in a file, and nothing else',
    async (samplesPerPixel) => {
      const [rows, columns] = [10, 8];
      const pixelData = Uint8Array.from({ length: rows * columns * samplesPerPixel }, (_, at) => (at * 5) % 256);
      const file = dicomFile({ rows, columns, samplesPerPixel, pixelData });
      const { stored } = await pool.frame(file, { stored: { folder } });
      expect([path.dirname(stored!.path), stored!.isMade]).toEqual([folder, true]);
      const again = await decodeImage(readFileSync(stored!.path));
      const decoded = await decodeImage(file);
      expect([again.mode, again.width, again.height]).toEqual([decoded.mode, columns, rows]);
      expect(Buffer.from(again.data).equals(decoded.data)).toBe(true);
    },
  );

  test('stored: nothing of a file that is a picture alone, and a file without the tags of another', async () => {
    expect((await pool.frame(goldenInput('gray8.png'), { stored: { folder } })).stored).toBeUndefined();
    const tagged = goldenInput('exif_rotated.jpg');
    const { stored } = await pool.frame(tagged, { stored: { folder } });
    expect(stored?.isMade).toBe(false);
    const plain = await withoutMetadata(tagged, 'jpeg');
    expect(readFileSync(stored!.path).equals(plain)).toBe(true);
  });

  test('a picture keeps the aspect; a mask is black and white', async () => {
    const wants = { picture: { longerSide: 48, of: 'image' } } as const;
    const { picture } = await pool.frame(goldenInput('palette.png'), wants);
    expect(await decodeImage(picture)).toMatchObject({ width: 48, height: 30, mode: 'rgb' });
    const mask = await pool.frame(goldenInput('gray8.png'), { picture: { longerSide: 48, of: 'mask' } });
    const { data, mode } = await decodeImage(mask.picture);
    expect([mode, [...new Set(data)].every((value) => value === 0 || value === 255)]).toEqual(['grey', true]);
  });

  test('many at once, with the caller’s bytes left alone', async () => {
    const bytes = goldenInput('gray8.png');
    const copy = Buffer.from(bytes);
    const wants = { prepared: { side: 32, kind: 'train' } } as const;
    const all = await Promise.all(Array.from({ length: 12 }, () => pool.frame(bytes, wants)));
    for (const { prepared } of all) expect(prepared.data).toEqual(all[0]!.prepared.data);
    expect(bytes.equals(copy)).toBe(true);
  });
});

describe('frames', () => {
  const frameCount = 12;
  const side = 16;
  const pixelData = Uint8Array.from({ length: frameCount * side * side }, (_, at) => (at * 7 + (at >> 8) * 31) % 256);
  const series = dicomFile({ rows: side, columns: side, frames: frameCount, pixelData });

  test('of a DICOM file come one after the other, from one reading of it', async () => {
    const file = onDisk(series);
    const wants = { prepared: { side: 8, kind: 'test' }, stored: { folder } } as const;
    let at = 0;
    for await (const { description, prepared, stored } of pool.frames(file, wants)) {
      // What is written over the file now is not seen.
      if (at === 0) copyFileSync(onDisk(goldenInput('rgb.png')).path, file.path);
      const alone = await pool.frame(series, wants, { frame: at });
      expect(prepared).toEqual(alone.prepared);
      expect(readFileSync(stored!.path).equals(readFileSync(alone.stored!.path))).toBe(true);
      expect(description).toEqual(alone.description);
      at++;
    }
    expect(at).toBe(frameCount);
  });

  test('of any other file are its first image', async () => {
    const found: string[] = [];
    for await (const { description } of pool.frames(onDisk(goldenInput('rgb.png')), {})) {
      found.push(description.format);
    }
    expect(found).toEqual(['png']);
  });

  test('of a damaged file are those before the damage, then its error', async () => {
    const frames = pool.frames(onDisk(goldenInput('big.jpg').subarray(0, 5000)), {});
    await expect(frames.next()).rejects.toMatchObject({ name: 'ImageError', code: 'corrupt-image' });
  });

  test('that are not wanted any more leave the thread to others', async () => {
    const single = await ImagingPool.start({ threads: 1 });
    try {
      for await (const _ of single.frames(onDisk(series), {})) break;
      expect((await single.frame(goldenInput('rgb.png'), {})).description.format).toBe('png');
      const controller = new AbortController();
      const frames = single.frames(onDisk(series), {}, { signal: controller.signal });
      await frames.next();
      controller.abort(new Error('gone'));
      await turn();
      await expect(frames.next()).rejects.toThrow('gone');
      expect((await single.frame(goldenInput('rgb.png'), {})).description.format).toBe('png');
    } finally {
      await single.close();
    }
  });
});

describe('errors', () => {
  test('of a file are ImageErrors', async () => {
    const cut = goldenInput('big.jpg').subarray(0, 5000);
    const error: unknown = await pool.frame(cut, {}).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ImageError);
    expect(error).toMatchObject({ code: 'corrupt-image' });
    for (const source of [new Uint8Array(1_000_001), onDisk(new Uint8Array(1_000_001))]) {
      await expect(pool.frame(source, {})).rejects.toMatchObject({ name: 'ImageError', code: 'too-many-bytes' });
    }
  });

  test('of a file cross whole', () => {
    const code = fc.constantFrom('corrupt-image', 'timed-out', 'too-small', 'no-pixels');
    fc.assert(
      fc.property(code, fc.string(), (wanted, message) => {
        const back = rebuilt(structuredClone(crossed(new ImageError(wanted as 'timed-out', message))), [ImageError]);
        expect(back).toBeInstanceOf(ImageError);
        expect(back).toMatchObject({ name: 'ImageError', code: wanted, message });
      }),
    );
  });

  test('of the caller are named', async () => {
    const wants = { prepared: { side: 0, kind: 'test' } } as const;
    await expect(pool.frame(goldenInput('rgb.png'), wants)).rejects.toBeInstanceOf(RangeError);
    await expect(ImagingPool.start({ threads: 0 })).rejects.toThrow(RangeError);
    await expect(pool.frame({ path: path.join(folder, 'none') }, {})).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('an aborted task', async () => {
    const reason = new Error('no longer wanted');
    const task = pool.frame(goldenInput('rgb.png'), {}, { signal: AbortSignal.abort(reason) });
    await expect(task).rejects.toBe(reason);
  });
});
