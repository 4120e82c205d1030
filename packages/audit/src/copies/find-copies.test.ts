import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { decodeImage, imageTraits } from '@mediclip/imaging/direct';
import { RandomStream } from '@mediclip/synthesis';
import fc from 'fast-check';
import sharp from 'sharp';
import { type ComparablePicture, findCopies } from './find-copies.js';
import { completeRadius, HashIndex } from './hash-index.js';
import { hammingDistance, type PerceptualHash } from './perceptual-hash.js';

const [width, height] = [180, 140];

/** A PNG of a dark ground with bright ellipses where the seed puts them. */
function drawn(seed: number): Promise<Buffer> {
  const random = new RandomStream(seed, 0, 0);
  const discs = Array.from({ length: 9 }, () => ({
    x: random.uniform(0, width),
    y: random.uniform(0, height),
    radius: random.uniform(10, 40),
    grey: random.uniform(20, 90),
  }));
  const data = Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return discs.reduce((sum, d) => sum + (Math.hypot(x - d.x, (y - d.y) * 1.4) < d.radius ? d.grey : 0), 10);
  });
  return sharp(data, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
}

const makes: Record<string, (bytes: Buffer) => Promise<Buffer>> = {
  'equal-bytes': async (bytes) => bytes,
  'equal-pixels': (bytes) => sharp(bytes).webp({ lossless: true }).toBuffer(),
  'compressed again': (bytes) => sharp(bytes).jpeg({ quality: 60 }).toBuffer(),
  mirrored: (bytes) => sharp(bytes).flop().png().toBuffer(),
  'turned by a quarter': (bytes) => sharp(bytes).rotate(90).png().toBuffer(),
  'turned by 3 degrees': async (bytes) => {
    const { data, info } = await sharp(bytes).rotate(3).png().toBuffer({ resolveWithObject: true });
    const [left, top] = [(info.width - width) >> 1, (info.height - height) >> 1];
    return sharp(data).extract({ left, top, width, height }).png().toBuffer();
  },
  'cropped by 5 %': (bytes) => sharp(bytes).extract({ left: 9, top: 0, width: 171, height: 133 }).png().toBuffer(),
  brighter: (bytes) => sharp(bytes).linear(1.1, 12).png().toBuffer(),
};

async function pictureOf(bytes: Buffer): Promise<ComparablePicture> {
  const decoded = await decodeImage(bytes);
  const { pixelDigest, thumbnail } = imageTraits(decoded, bytes);
  const fileDigest = createHash('sha256').update(bytes).digest('hex');
  return { fileDigest, pixelDigest, thumbnail, aspect: decoded.width / decoded.height };
}

describe('copies among pictures', () => {
  const pictures: ComparablePicture[] = [];
  beforeAll(async () => {
    for (let seed = 0; seed < 12; seed++) pictures.push(await pictureOf(await drawn(seed)));
  });

  test('there are none among pictures of different things', () => {
    expect(findCopies(pictures)).toEqual([]);
  });

  test.each(Object.keys(makes))('are found: %s', async (name) => {
    const copied = 5;
    const copy = await pictureOf(await makes[name]!(await drawn(copied)));
    const kind = name.startsWith('equal') ? name : 'near';
    const [pair, ...others] = findCopies([...pictures, copy]);
    expect(pair).toMatchObject({ first: copied, second: pictures.length, kind });
    expect(others).toEqual([]);
  });

  test('pictures of one grey are copies only where they are equal', () => {
    const empty = (name: string, grey: number) => ({
      fileDigest: name,
      pixelDigest: `${grey}`,
      thumbnail: new Uint8Array(64 * 64).fill(grey),
      aspect: 1,
    });
    expect(findCopies([empty('a', 0), empty('b', 0), empty('c', 9)])).toEqual([
      { first: 0, second: 1, kind: 'equal-pixels', correlation: 1 },
    ]);
  });
});

test('the index finds the hashes within a radius that a comparison with all of them finds', () => {
  const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  const hash = fc.record({ low: word, high: word });
  const flips = fc.array(fc.nat(63), { maxLength: 14 });
  fc.assert(
    fc.property(
      fc.array(hash, { maxLength: 20 }),
      hash,
      fc.array(flips),
      fc.nat(completeRadius),
      (far, own, near, r) => {
        const hashes: PerceptualHash[] = [...far, ...near.map((bits) => flipped(own, bits))];
        const found: number[] = [];
        new HashIndex(hashes).near(own, r, (place) => found.push(place));
        const expected = hashes.flatMap((other, place) => (hammingDistance(own, other) <= r ? [place] : []));
        expect(found.sort((a, b) => a - b)).toEqual(expected);
      },
    ),
    { numRuns: 30 },
  );
});

function flipped({ low, high }: PerceptualHash, bits: readonly number[]): PerceptualHash {
  const halves = [low, high] as [number, number];
  for (const bit of bits) halves[bit < 32 ? 0 : 1] ^= 1 << (bit % 32);
  return { low: halves[0], high: halves[1] };
}
