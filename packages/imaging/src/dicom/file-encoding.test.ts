import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { decodeImage } from '../decode/decode-image.js';
import { detectFormat } from '../decode/detect-format.js';
import type { ImageError } from '../image/image-error.js';
import { type DicomElement, dicomFile } from '../testing/dicom-file.js';
import {
  bytesOf,
  colours,
  decode,
  grey8,
  ramp,
  size,
  storedPixels,
  stretched,
  window,
} from '../testing/small-dicom.js';

const refused = (code: string) => expect.objectContaining({ name: 'ImageError', code });
const bigEndian = '1.2.840.10008.1.2.2';

describe('the beginning of a file', () => {
  test.each(['prefix', 'meta'] as const)('may be its %s', async (header) => {
    expect((await decode({ header, pixelData: grey8() })).data).toEqual(grey8());
  });

  test.each([
    ['explicit', '1.2.840.10008.1.2.1'],
    ['implicit', '1.2.840.10008.1.2'],
  ])('may be an %s data set, whose transfer syntax is told by its encoding', async (_, transferSyntax) => {
    const elements: Record<string, DicomElement> = { '00080016': { vr: 'UI', text: '1.2.840.10008.5.1.4.1.1.7' } };
    const decoded = await decode({ header: 'none', transferSyntax, elements, pixelData: grey8() });
    expect(decoded.data).toEqual(grey8());
    expect(decoded.dicom?.transferSyntax).toBe(transferSyntax);
  });

  test('of other files is not taken for one', async () => {
    for (const bytes of [[], [2, 0, 0, 0], [8, 0, 0, 0, 255, 255, 255, 255], [8, 0, 5, 0, 67, 83, 2, 0, 1, 2]]) {
      await expect(detectFormat(Uint8Array.from(bytes))).rejects.toEqual(refused('unsupported-format'));
    }
    await expect(detectFormat(new Uint8Array(1000))).rejects.toEqual(refused('unsupported-format'));
  });
});

describe('the elements of a file', () => {
  test('are implicit although the transfer syntax says explicit, and the other way round', async () => {
    expect((await decode({ isImplicit: true, pixelData: grey8() })).data).toEqual(grey8());
    const file = dicomFile({ ...size, pixelData: grey8() });
    const syntax = file.indexOf('1.2.840.10008.1.2.1');
    file.fill(0, syntax + '1.2.840.10008.1.2'.length, syntax + '1.2.840.10008.1.2.1'.length);
    expect((await decodeImage(file)).data).toEqual(grey8());
  });

  test('may be deflated, up to the limit of bytes', async () => {
    const transferSyntax = '1.2.840.10008.1.2.1.99';
    expect((await decode({ transferSyntax, pixelData: grey8() })).data).toEqual(grey8());
    const bomb = dicomFile({ ...size, transferSyntax, pixelData: new Uint8Array(200_000) });
    await expect(decodeImage(bomb, { maximumBytes: 100_000 })).rejects.toEqual(refused('too-many-bytes'));
    await expect(decodeImage(bomb.subarray(0, bomb.length - 20))).rejects.toEqual(refused('corrupt-image'));
  });

  test('with lengths of 32 bits are passed by', async () => {
    const elements: Record<string, DicomElement> = {
      '00080001': { vr: 'UN', bytes: new Uint8Array(70_000) },
      '00289999': { vr: 'OV', bytes: new Uint8Array(70_000) },
    };
    expect((await decode({ elements, pixelData: grey8() })).data).toEqual(grey8());
  });

  test('of an unknown representation are a sequence where one belongs', async () => {
    const macro = implicitItem([
      implicitValue(0x00281050, Buffer.from('50')),
      implicitValue(0x00281051, Buffer.from('100 ')),
    ]);
    const groups = implicitItem([implicitValue(0x00289132, macro)]);
    const elements: Record<string, DicomElement> = { '52009229': { vr: 'UN', bytes: groups } };
    expect((await decode({ elements, pixelData: grey8() })).notes).toEqual(['window of centre 50 and width 100']);
  });

  test('one odd value in a tag is left out', async () => {
    const odd: Readonly<Record<string, DicomElement>>[] = [
      { '00280030': { vr: 'DS', text: '0.5' } },
      { '00280030': { vr: 'DS', text: '0.5\\' } },
      { '00280030': { vr: 'DS', text: 'wide\\0.5' } },
      { '00180050': { vr: 'DS', text: '2,5' } },
      { '00281050': { vr: 'DS', text: '' }, '00281051': { vr: 'DS', text: '100' } },
      { '00281050': { vr: 'DS', text: '50' }, '00281051': { vr: 'DS', text: '1A' } },
      { '00280120': { vr: 'US', values: [] } },
      { '00280102': { vr: 'US', values: [99] } },
    ];
    for (const elements of odd) {
      const { data, dicom } = await decode({ elements, pixelData: grey8() });
      expect(data).toEqual(grey8());
      expect(dicom).not.toHaveProperty('pixelSpacingMm');
    }
  });

  test.each(['1A', '1.5', '-1', 'many', '1e999'])('%s is no number of frames', async (text) => {
    const elements: Record<string, DicomElement> = { '00280008': { vr: 'IS', text } };
    await expect(decode({ elements, pixelData: grey8() })).rejects.toEqual(refused('corrupt-image'));
  });

  test.each(['', '0', ' 1 ', '+1'])('a number of frames of "%s" is one frame', async (text) => {
    const elements: Record<string, DicomElement> = { '00280008': { vr: 'IS', text } };
    expect(await decode({ elements, pixelData: grey8() })).toMatchObject({ frameCount: 1, data: grey8() });
  });
});

describe('uncompressed pixels', () => {
  test('may be more than declared, or say that they are', async () => {
    const surplus = Buffer.concat([grey8(), grey8(7), Buffer.of(1, 2)]);
    expect((await decode({ pixelData: surplus })).data).toEqual(grey8());
    const file = dicomFile({ ...size, pixelData: grey8() });
    const length = file.indexOf(Buffer.from([0xe0, 0x7f, 0x10, 0x00])) + 8;
    file.writeUInt32LE(10 * storedPixels, length);
    expect((await decodeImage(file)).data).toEqual(grey8());
    await expect(decodeImage(file.subarray(0, -1))).rejects.toEqual(refused('corrupt-image'));
  });

  test('of 8 bits in big-endian words, of odd size', async () => {
    const rows = 9;
    const columns = 11;
    const frames = [0, 1].map((frame) =>
      Uint8Array.from({ length: rows * columns }, (_, i) => (i * 2 + frame * 57) % 256),
    );
    const pixelData = Buffer.concat(frames).swap16();
    const file = dicomFile({
      ...{ rows, columns, frames: 2, transferSyntax: bigEndian, pixelRepresentation: 'OW', pixelData },
      elements: window(127.5, 255, 'LINEAR_EXACT'),
    });
    expect((await decodeImage(file, {}, 0)).data).toEqual(frames[0]);
    expect((await decodeImage(file, {}, 1)).data).toEqual(frames[1]);
  });

  test('of 16 bits that begin at an odd byte', async () => {
    const file = dicomFile({ ...size, bitsAllocated: 16, pixelData: bytesOf(ramp(16)) });
    for (const shift of [0, 1, 2, 3]) {
      const moved = new Uint8Array(file.length + shift).subarray(shift);
      moved.set(file);
      expect((await decodeImage(moved)).data).toEqual(stretched(ramp(16), 0, 65_535));
    }
  });

  test('in YBR_FULL_422 of full length are not halved', async () => {
    const options = { samplesPerPixel: 3, pixelData: colours };
    const full = await decode({ ...options, photometric: 'YBR_FULL' });
    expect((await decode({ ...options, photometric: 'YBR_FULL_422' })).data).toEqual(full.data);
  });

  test('of single bits follow each other over frames', async () => {
    const rows = 9;
    const columns = 9;
    const bits = Array.from({ length: 2 * rows * columns }, (_, i) => Number((i * i) % 7 < 3));
    const pixelData = new Uint8Array(Math.ceil(bits.length / 8));
    bits.forEach((bit, i) => {
      pixelData[i >> 3]! |= bit << (i & 7);
    });
    const options = { rows, columns, frames: 2, bitsAllocated: 1, pixelData };
    const white = Uint8Array.from(bits, (bit) => 255 * bit);
    for (const frame of [0, 1]) {
      const expected = white.subarray(frame * rows * columns, (frame + 1) * rows * columns);
      const decoded = await decodeImage(dicomFile(options), {}, frame);
      expect(decoded).toMatchObject({ mode: 'bilevel', data: expected });
      const inverted = await decodeImage(dicomFile({ ...options, photometric: 'MONOCHROME1' }), {}, frame);
      expect(inverted.data).toEqual(expected.map((value) => 255 - value));
    }
    const short = dicomFile({ ...options, pixelData: pixelData.subarray(0, -1) });
    await expect(decodeImage(short)).rejects.toEqual(refused('corrupt-image'));
  });

  test('of deep colours are scaled', async () => {
    const deep = Uint16Array.from(colours, (value) => value * 257);
    const { data } = await decode({ samplesPerPixel: 3, bitsAllocated: 16, pixelData: bytesOf(deep) });
    expect(data).toEqual(colours);
    const twelve = Uint16Array.from(colours, (value) => Math.round((value * 4095) / 255));
    const options = { samplesPerPixel: 3, bitsAllocated: 16, bitsStored: 12, planar: true };
    const planes = twelve.map((_, i) => twelve[(i % storedPixels) * 3 + Math.floor(i / storedPixels)]!);
    expect((await decode({ ...options, pixelData: bytesOf(planes) })).data).toEqual(colours);
  });

  test('frames that are encapsulated without compression, or each deflated', async () => {
    const frames = [grey8(), grey8(5)];
    const plain = { transferSyntax: '1.2.840.10008.1.2.1.98', frames: 2, pixelData: frames };
    expect((await decode(plain, 1)).data).toEqual(grey8(5));
    const deflated = {
      ...plain,
      transferSyntax: '1.2.840.10008.1.2.8.1',
      pixelData: frames.map((f) => deflateRawSync(f)),
    };
    expect((await decode(deflated, 1)).data).toEqual(grey8(5));
    const cut = { ...deflated, pixelData: frames.map((f) => deflateRawSync(f).subarray(0, 20)) };
    await expect(decode(cut, 1)).rejects.toEqual(refused('corrupt-image'));
  });

  test('that claim to be compressed are refused', async () => {
    const error: unknown = await decode({ transferSyntax: '1.2.840.10008.1.2.5', pixelData: grey8() }).catch((e) => e);
    expect(error).toEqual(refused('corrupt-image'));
    expect((error as ImageError).message).toContain('not encapsulated');
  });
});

function implicitValue(tag: number, value: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(tag >>> 16);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.writeUInt32LE(value.length, 4);
  return Buffer.concat([head, value]);
}

function implicitItem(elements: readonly Buffer[]): Buffer {
  return implicitValue(0xfffee000, Buffer.concat(elements));
}
