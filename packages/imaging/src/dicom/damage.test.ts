import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import sharp from 'sharp';
import { decodeImage } from '../decode/decode-image.js';
import type { DecodedImage } from '../image/decoded-image.js';
import { ImageError } from '../image/image-error.js';
import { type DicomElement, type DicomFileOptions, dicomFile } from '../testing/dicom-file.js';
import {
  bytesOf,
  colours,
  encoders,
  frameOf,
  grey8,
  imageHeight,
  imageWidth,
  ramp,
  size,
  storedPixels,
  window,
} from '../testing/small-dicom.js';

const jpeg = (pixels: Uint8Array, channels: 1 | 3) =>
  sharp(pixels, { raw: { width: imageWidth, height: imageHeight, channels } })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .jpeg()
    .toBuffer();
const jp2 = (codestream: Uint8Array) =>
  Buffer.concat([Buffer.from('0000000c6a5020200d0a870a000000006a703263', 'hex'), codestream]);
const table = (values: readonly number[]): Record<string, DicomElement> => ({
  '00283002': { vr: 'US', values: [256, 0, 8] },
  '00283006': { vr: 'OW', bytes: bytesOf(Uint16Array.from(values)) },
});
const identity = Array.from({ length: 256 }, (_, i) => i);
const palette = (tags: readonly string[], bytes: Uint8Array): Record<string, DicomElement> => ({
  ...Object.fromEntries(['1', '2', '3'].map((c) => [`0028110${c}`, { vr: 'US', values: [256, 0, 16] } as const])),
  ...Object.fromEntries(tags.map((tag) => [tag, { vr: 'OW', bytes } as const])),
});
const deep = { bitsAllocated: 16, bitsStored: 12, pixelData: bytesOf(ramp(12)) };

/** A small file of each kind. */
const kinds: Readonly<Record<string, () => Promise<Omit<DicomFileOptions, 'rows' | 'columns'>>>> = {
  'uncompressed greys': async () => ({ ...deep, elements: window(2000, 1000) }),
  'implicit greys': async () => ({ ...deep, transferSyntax: '1.2.840.10008.1.2' }),
  'big-endian greys': async () => ({ ...deep, transferSyntax: '1.2.840.10008.1.2.2' }),
  'deflated greys': async () => ({ ...deep, transferSyntax: '1.2.840.10008.1.2.1.99' }),
  'greys of 32 bits': async () => ({
    bitsAllocated: 32,
    signed: true,
    pixelData: new Uint8Array(storedPixels * 4).map((_, i) => i),
  }),
  'single bits': async () => ({ bitsAllocated: 1, bitsStored: 1, pixelData: grey8().subarray(0, storedPixels / 8) }),
  'a file without a header': async () => ({
    ...{ header: 'none', pixelData: grey8() },
    elements: { '00080016': { vr: 'UI', text: '1.2' } },
  }),
  'tables in functional groups': async () => ({
    ...{ frames: 2, pixelData: Buffer.concat([grey8(), grey8(3)]) },
    elements: {
      '00283000': { vr: 'SQ', items: [table(identity)] },
      '52009229': {
        vr: 'SQ',
        items: [{ '00289132': { vr: 'SQ', items: [{ '00283010': { vr: 'SQ', items: [table(identity)] } }] } }],
      },
    },
  }),
  'planes of deep colours': async () => ({
    ...{ samplesPerPixel: 3, planar: true, bitsAllocated: 16 },
    pixelData: bytesOf(Uint16Array.from(colours)),
  }),
  'halved colours': async () => ({
    ...{ samplesPerPixel: 3, photometric: 'YBR_FULL_422', pixelData: colours.subarray(0, storedPixels * 2) },
  }),
  'a palette': async () => ({
    ...{ photometric: 'PALETTE COLOR', pixelData: grey8() },
    elements: palette(['00281201', '00281202', '00281203'], bytesOf(Uint16Array.from(identity))),
  }),
  'a segmented palette': async () => ({
    ...{ photometric: 'PALETTE COLOR', pixelData: grey8() },
    elements: palette(['00281221', '00281222', '00281223'], bytesOf(Uint16Array.of(0, 1, 0, 1, 255, 65_280))),
  }),
  'frames that are encapsulated without compression': async () => ({
    ...{ transferSyntax: '1.2.840.10008.1.2.1.98', frames: 2, pixelData: [grey8(), grey8(5)] },
  }),
  'baseline JPEG': async () => ({ transferSyntax: '1.2.840.10008.1.2.4.50', pixelData: [await jpeg(grey8(), 1)] }),
  'baseline JPEG of colours': async () => ({
    ...{ transferSyntax: '1.2.840.10008.1.2.4.50', samplesPerPixel: 3, photometric: 'YBR_FULL_422' },
    pixelData: [await jpeg(colours, 3)],
  }),
  ...Object.fromEntries(
    Object.entries(encoders).map(([name, [transferSyntax, encode]]) => [
      name,
      async () => ({ ...deep, transferSyntax, pixelData: [await encode(frameOf(ramp(12), 12))] }),
    ]),
  ),
  'JPEG 2000 in boxes': async () => ({
    ...{ ...deep, transferSyntax: '1.2.840.10008.1.2.4.90' },
    pixelData: [jp2(await encoders['JPEG 2000']![1](frameOf(ramp(12), 12)))],
  }),
};

describe.each(Object.keys(kinds))('%s', (name) => {
  const whole = kinds[name]!().then((options) => dicomFile({ ...size, ...options }));
  const attempt = (bytes: Uint8Array): Promise<DecodedImage | Error> =>
    decodeImage(bytes, { maximumPixels: 1e5 }).catch((reason: Error) => reason);

  test('that ends early is refused, or nothing of its picture is missing', async () => {
    const file = await whole;
    const { data } = await decodeImage(file);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: file.length - 1 }), async (length) => {
        const outcome = await attempt(file.subarray(0, length));
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(ImageError);
        else expect(outcome.data).toEqual(data);
      }),
      { numRuns: 25, seed: 1, examples: [[file.length - 1], [file.length - 8], [file.length - 9]] },
    );
  });

  test('with damaged bytes is refused or keeps its size', async () => {
    const file = await whole;
    const flips = fc.tuple(fc.nat({ max: file.length - 1 }), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(flips, { minLength: 1, maxLength: 5 }), async (places) => {
        const damaged = Uint8Array.from(file);
        for (const [at, bits] of places) damaged[at]! ^= bits;
        const outcome = await attempt(damaged);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(ImageError);
        else expect(outcome.data.length).toBe(outcome.width * outcome.height * (outcome.mode === 'rgb' ? 3 : 1));
      }),
      { numRuns: 40, seed: 2 },
    );
  });
});
