import { crc32 } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import type { DecodedImage } from '../image/decoded-image.js';
import { encodeRle } from '../testing/dicom-encoders.js';
import { dicomFile } from '../testing/dicom-file.js';
import { frameOf, grey8, size } from '../testing/small-dicom.js';
import { twoPageTiff } from '../testing/tiff-file.js';
import { decodeImage } from './decode-image.js';
import { type OpenImage, openImage } from './open-image.js';

const refused = (code: string) => expect.objectContaining({ name: 'ImageError', code });
const phases = [0, 5, 9];
const rleFile = () =>
  dicomFile({
    ...{ ...size, frames: 3, transferSyntax: '1.2.840.10008.1.2.5' },
    pixelData: phases.map((phase) => encodeRle(frameOf(grey8(phase), 8))),
  });

async function all(image: OpenImage): Promise<DecodedImage[]> {
  const frames: DecodedImage[] = [];
  for await (const frame of image.frames()) frames.push(frame);
  return frames;
}

describe('an open image', () => {
  test('gives the frames of a DICOM file one after the other, and each of them', async () => {
    const image = await openImage(rleFile());
    expect(image).toMatchObject({ format: 'dicom', frameCount: 3 });
    expect((await all(image)).map(({ data }) => data)).toEqual(phases.map(grey8));
    expect((await image.frame(1)).data).toEqual(grey8(5));
    await expect(image.frame(3)).rejects.toEqual(refused('no-such-frame'));
    await expect(image.frame(0.5)).rejects.toThrow(RangeError);
  });

  test('decodes no frame before it is taken', async () => {
    const damaged = rleFile();
    // The number of segments of the last frame.
    damaged[damaged.length - 16 - encodeRle(frameOf(grey8(9), 8)).length + 8] = 9;
    const taken: DecodedImage[] = [];
    const read = async () => {
      for await (const frame of (await openImage(damaged)).frames()) taken.push(frame);
    };
    await expect(read()).rejects.toEqual(refused('corrupt-image'));
    expect(taken.map(({ data }) => data)).toEqual(phases.slice(0, 2).map(grey8));
  });

  test('gives the pages of a TIFF file', async () => {
    const image = await openImage(twoPageTiff());
    expect(image).toMatchObject({ format: 'tiff', frameCount: 2 });
    expect((await all(image)).map(({ data }) => data[0])).toEqual([10, 20]);
    expect((await image.frame(0)).data[0]).toBe(10);
    expect((await image.frame(1)).data[0]).toBe(20);
  });

  test('of a raster file decodes nothing before it is asked', async () => {
    const png = await sharp({ create: { width: 16, height: 16, channels: 3, background: 'red' } })
      .png({ compressionLevel: 0 })
      .toBuffer();
    // A filter that does not exist, before the first row; the checksum of the chunk is made right.
    const content = png.indexOf('IDAT') + 4;
    png[content + 7] = 9;
    const end = content + png.readUInt32BE(content - 8);
    png.writeUInt32BE(crc32(png.subarray(content - 4, end)), end);
    const image = await openImage(png);
    expect(image).toMatchObject({ format: 'png', frameCount: 1 });
    await expect(image.frame(0)).rejects.toEqual(refused('corrupt-image'));
  });

  test('gives the first frame of an animation', async () => {
    const frames = Uint8Array.from({ length: 32 * 96 * 3 }, (_, i) => Math.floor(i / (32 * 32 * 3)) * 100);
    const bytes = await sharp(frames, { raw: { width: 32, height: 96, channels: 3, pageHeight: 32 } })
      .gif()
      .toBuffer();
    const image = await openImage(bytes);
    expect(image.frameCount).toBe(3);
    expect(await all(image)).toEqual([await decodeImage(bytes)]);
    await expect(image.frame(1)).rejects.toEqual(refused('no-such-frame'));
  });

  test('is refused as a decoded one is', async () => {
    await expect(openImage(new Uint8Array(0))).rejects.toEqual(refused('corrupt-image'));
    await expect(openImage(rleFile(), { maximumFrames: 2 })).rejects.toEqual(refused('too-many-frames'));
    await expect(openImage(rleFile(), { maximumPixels: 64 })).rejects.toEqual(refused('too-many-pixels'));
    await expect(openImage(Buffer.from('no image'))).rejects.toEqual(refused('unsupported-format'));
  });
});
