import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { decodeImage } from '../decode/decode-image.js';
import { type ImageTraits, imageTraits } from './image-traits.js';

const [width, height] = [200, 100];

/** A picture of black with a grey box of 100 x 50 in its middle, grained. */
const boxed = () =>
  sharp(
    Uint8Array.from({ length: width * height }, (_, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      return x >= 50 && x < 150 && y >= 25 && y < 75 ? 100 + ((x * 7 + y * 13) % 20) : 0;
    }),
    { raw: { width, height, channels: 1 } },
  );

async function traitsOf(bytes: Buffer): Promise<ImageTraits> {
  return imageTraits(await decodeImage(bytes), bytes);
}

describe('traits of an image', () => {
  test('the digest is that of the pixels, whatever the format and the channels', async () => {
    const png = await traitsOf(await boxed().png().toBuffer());
    const rgb = await traitsOf(await boxed().toColourspace('srgb').webp({ lossless: true }).toBuffer());
    const other = await traitsOf(await boxed().linear(1, 1).png().toBuffer());
    expect(rgb.pixelDigest).toBe(png.pixelDigest);
    expect(other.pixelDigest).not.toBe(png.pixelDigest);
    expect(rgb.thumbnail).toEqual(png.thumbnail);
  });

  test.each([30, 60, 75, 92])('the quality of a JPEG is read from its quantisation: %i', async (quality) => {
    const { compressionQuality } = await traitsOf(await boxed().jpeg({ quality }).toBuffer());
    expect(Math.abs(compressionQuality - quality)).toBeLessThan(2);
  });

  test('what is not compressed has quality 100, and bits a sample are those of the file', async () => {
    const eight = await traitsOf(await boxed().png().toBuffer());
    expect(eight).toMatchObject({ compressionQuality: 100, bitDepth: 8 });
    const deep = await boxed().toColourspace('grey16').png().toBuffer();
    expect((await traitsOf(deep)).bitDepth).toBe(16);
  });

  test('greys, sharpness, the black border and marks at the edge are measured', async () => {
    const plain = await traitsOf(await boxed().png().toBuffer());
    expect(plain.blackBorder).toBeCloseTo(0.75, 10);
    expect(plain.edgeMarks).toBe(0);
    expect(plain.mean).toBeCloseTo(109.5 / 4, 0);
    const blurred = await traitsOf(await boxed().blur(2).png().toBuffer());
    expect(blurred.sharpness).toBeLessThan(plain.sharpness / 2);
    const text = Buffer.from(
      `<svg width="${width}" height="${height}"><text x="2" y="12" fill="white">R 12</text></svg>`,
    );
    const marked = await traitsOf(
      await boxed()
        .composite([{ input: text }])
        .png()
        .toBuffer(),
    );
    expect(marked.edgeMarks).toBeGreaterThan(0);
  });
});
