import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import { crossed, rebuilt } from '@mediclip/threads';
import fc from 'fast-check';
import sharp from 'sharp';
import { decodeImage } from '../decode/decode-image.js';
import { ImageError } from '../image/image-error.js';
import { decodeMask } from '../masks/decode-mask.js';
import { withoutMetadata } from '../metadata/without-metadata.js';
import { drawOverlay, overlayGround } from '../overlay/overlay.js';
import { maskImage, rgbImage, testImage, trainingImage } from '../prepare/prepare-image.js';
import { type DicomFileOptions, dicomFile } from '../testing/dicom-file.js';
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

describe('pictures of 8 bits are stored and prepared as before deeper greys kept their values', () => {
  /** Every value in no order, at odd sides: any other way of resizing or rounding gives other pixels. */
  const samples = (length: number) => Uint8Array.from({ length }, (_, at) => (at * at + 3 * (at >> 2)) % 256);
  const png = (width: number, height: number, channels: 1 | 2 | 3 | 4) =>
    sharp(samples(width * height * channels), { raw: { width, height, channels } })
      .toColourspace(channels < 3 ? 'b-w' : 'srgb')
      .png()
      .toBuffer();
  const [rows, columns] = [33, 21];
  const dicom8 = (more: Partial<DicomFileOptions> = {}) =>
    dicomFile({ rows, columns, pixelData: samples(rows * columns * (more.samplesPerPixel ?? 1)), ...more });
  const texts = (values: Readonly<Record<string, string>>) => ({
    elements: Object.fromEntries(Object.entries(values).map(([tag, text]) => [tag, { vr: 'DS', text } as const])),
  });
  const sevenOfSixteen = new Uint8Array(Uint16Array.from(samples(rows * columns), (value) => value >> 1).buffer);

  // Digests of what commit 5b8ab2c gave, the last one that made all DICOM files pictures of 8 bits at upload.
  test.each<[string, () => Buffer | Promise<Buffer>, string]>([
    ['PNG, grey', () => png(37, 23, 1), '18c678a436103907e1f09326628fbe9b'],
    ['PNG, grey with alpha', () => png(37, 23, 2), '479a0573ec5af8f2d7db525576a9fb5e'],
    ['PNG, colour', () => png(41, 29, 3), 'c77ce8131c76e6555d4c854e533c1b44'],
    ['PNG, colour with alpha', () => png(29, 41, 4), '922e1e0a14445bd858de1de9dfbac3d7'],
    ['PNG, palette', () => goldenInput('palette.png'), 'ef176151e20b99c25dab021203f38879'],
    ['TIFF', () => goldenInput('gray8.tiff'), '9c15fe4a336236ea182801360f4236f8'],
    ['JPEG', () => goldenInput('exif_rotated.jpg'), 'f87f1aa0175ecc0715acc90a2c267e17'],
    ['DICOM, grey', () => dicom8(), 'e3c39a2923f61ce2745171506bb1b58a'],
    ['DICOM, grey, inverted', () => dicom8({ photometric: 'MONOCHROME1' }), '0e25d6066710ba985bc39c266d22fbf5'],
    [
      'DICOM, grey, window',
      () => dicom8(texts({ '00281050': '100', '00281051': '60' })),
      '96fd99250969783350ba6f78743fb7e3',
    ],
    [
      'DICOM, grey, rescaled window',
      () => dicom8(texts({ '00281050': '40', '00281051': '80', '00281052': '-100', '00281053': '2' })),
      'caedd9cb015b3bdf4985ed35d5db9055',
    ],
    [
      'DICOM, grey, signed',
      () => dicom8({ signed: true, ...texts({ '00281052': '-10', '00281053': '0.5' }) }),
      '2ef2701ea626b31e89ee5b16e4588d17',
    ],
    [
      'DICOM, grey, 7 of 16 bits',
      () => dicom8({ bitsAllocated: 16, bitsStored: 7, pixelData: sevenOfSixteen }),
      '29303062d05e5cbc0f51d64eaec282f9',
    ],
    ['DICOM, colour', () => dicom8({ samplesPerPixel: 3 }), '0648299628fa11debfd82d030d8566a7'],
    [
      'DICOM, YBR_FULL',
      () => dicom8({ samplesPerPixel: 3, photometric: 'YBR_FULL' }),
      '411ee90a124a74697117b4d825a1555c',
    ],
  ])('%s', async (_, file, digest) => {
    const bytes = await file();
    const { stored, description } = await pool.frame(bytes, { stored: { folder } });
    expect(description).not.toHaveProperty('pixels');
    const kept = stored ? readFileSync(stored.path) : bytes;
    const hash = createHash('sha256').update((await decodeImage(kept)).data);
    for (const kind of ['train', 'test'] as const) {
      hash.update((await pool.frame(kept, { prepared: { side: 48, kind } })).prepared.data);
    }
    expect(hash.digest('hex').slice(0, 32)).toBe(digest);
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
