import { deflateSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { decodeImage } from '../../decode/decode-image.js';
import { type TestPage, type TestTag, type TestTiffOptions, testTiff } from '../../testing/tiff-file.js';

const imageWidth = 20;
const imageHeight = 16;
const pixels = imageWidth * imageHeight;
const greys = Uint8Array.from({ length: pixels }, (_, i) => (i * 7) % 256);
const colours = Uint8Array.from({ length: pixels * 3 }, (_, i) => (i * 11) % 256);
const refused = (code: string, message = /./) =>
  expect.objectContaining({ name: 'ImageError', code, message: expect.stringMatching(message) });

const greyPage: TestPage = { width: imageWidth, height: imageHeight, segments: [greys] };
const rgbTags: TestTag[] = [
  { tag: 258, values: [8, 8, 8] },
  { tag: 262, values: [2] },
  { tag: 277, values: [3] },
];
const decode = (page: TestPage, options: TestTiffOptions = {}) => decodeImage(testTiff([page], options));
const textTag = (tag: number, text: string): TestTag => ({ tag, type: 2, values: [...Buffer.from(text, 'latin1')] });
const bytesOf = (values: Uint16Array | Float32Array) => new Uint8Array(values.buffer);

/** Each value of the whole range once, stretched by its smallest and largest. */
const stretched = (values: ArrayLike<number>) => {
  const all = Array.from(values);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return Uint8Array.from(all, (value) => Math.round(((value - low) / (high - low)) * 255));
};

describe('tags that hold no pixels do no harm', () => {
  const harmless: Readonly<Record<string, [TestPage, TestTiffOptions?]>> = {
    'a description': [{ ...greyPage, tags: [textTag(270, '{"shape": [16, 20]}\0')] }],
    'a text without its end': [{ ...greyPage, tags: [textTag(270, 'hello wo')] }],
    'private tags': [
      {
        ...greyPage,
        tags: [
          { tag: 33918, values: [1, 2, 3] },
          { tag: 65535, values: [0] },
        ],
      },
    ],
    'a resolution of another type': [{ ...greyPage, tags: [{ tag: 282, type: 11, values: [72] }] }],
    'a page number of one value': [{ ...greyPage, tags: [{ tag: 297, values: [3] }] }],
    'tags in no order': [{ ...greyPage, tags: [textTag(305, 'writer\0'), textTag(270, 'text\0')] }, { unsorted: true }],
    'an empty value': [{ ...greyPage, tags: [textTag(700, '')] }],
    'sizes of strips that are wrong': [{ ...greyPage, tags: [{ tag: 279, type: 4, values: [7] }] }],
    'no sizes of strips': [{ ...greyPage, without: [279] }],
  };
  test.each(Object.keys(harmless))('%s', async (name) => {
    const [page, options] = harmless[name]!;
    expect(await decode(page, options)).toMatchObject({
      mode: 'grey',
      width: imageWidth,
      height: imageHeight,
      data: greys,
    });
  });
});

describe('ways to store the same pixels', () => {
  const kinds = [true, false].flatMap((big) => [true, false].map((littleEndian) => ({ big, littleEndian })));

  test.each(kinds)('%p', async (options) => {
    expect((await decode(greyPage, options)).data).toEqual(greys);
    const rgb: TestPage = { ...greyPage, segments: [colours], tags: rgbTags };
    expect(await decode(rgb, options)).toMatchObject({ mode: 'rgb', data: Uint8Array.from(colours) });
  });

  test('strips that are compressed one by one', async () => {
    const segments = [greys.subarray(0, 9 * imageWidth), greys.subarray(9 * imageWidth)].map((part) =>
      deflateSync(part),
    );
    const tags = [
      { tag: 259, values: [8] },
      { tag: 278, values: [9] },
    ];
    expect((await decode({ ...greyPage, segments, tags })).data).toEqual(greys);
  });

  test.each([undefined, [16, 16] as const])('separate planes, in tiles of %p', async (tile) => {
    const planes = [0, 1, 2].flatMap((channel) => {
      const plane = Uint8Array.from({ length: pixels }, (_, i) => colours[3 * i + channel]!);
      return tile ? [tileOf(plane, 0), tileOf(plane, 16)] : [plane];
    });
    const page: TestPage = {
      ...greyPage,
      segments: planes,
      tags: [...rgbTags, { tag: 284, values: [2] }],
      ...(tile && { tile }),
    };
    expect((await decode(page)).data).toEqual(colours);
  });

  test('white as zero, said or left open', async () => {
    const inverted = greys.map((value) => 255 - value);
    expect((await decode({ ...greyPage, tags: [{ tag: 262, values: [0] }] })).data).toEqual(inverted);
    const open = await decode({ ...greyPage, without: [262] });
    expect(open.data).toEqual(inverted);
    expect(open.notes).toEqual(['the file does not say what zero is: white was taken']);
  });

  test.each([
    [2, (x: number, y: number) => [imageWidth - 1 - x, y]],
    [3, (x: number, y: number) => [imageWidth - 1 - x, imageHeight - 1 - y]],
    [4, (x: number, y: number) => [x, imageHeight - 1 - y]],
    [5, (x: number, y: number) => [y, x]],
    [6, (x: number, y: number) => [y, imageHeight - 1 - x]],
    [7, (x: number, y: number) => [imageWidth - 1 - y, imageHeight - 1 - x]],
    [8, (x: number, y: number) => [imageWidth - 1 - y, x]],
  ] as const)('orientation %d', async (orientation, source) => {
    const decoded = await decode({ ...greyPage, tags: [{ tag: 274, values: [orientation] }] });
    const expected = Uint8Array.from({ length: pixels }, (_, i) => {
      const [x, y] = source(i % decoded.width, Math.floor(i / decoded.width));
      return greys[y! * imageWidth + x!]!;
    });
    expect(decoded.data).toEqual(expected);
  });
});

describe('deep samples', () => {
  const deep = (values: Uint16Array | Float32Array, bits: number, format: number, more: TestTag[] = []) =>
    decode({
      ...greyPage,
      segments: [bytesOf(values)],
      tags: [{ tag: 258, values: [bits] }, { tag: 339, values: [format] }, ...more],
    });

  test('half floats are numbers', async () => {
    // 1 + i / 1024 for i from 0: the patterns from 0x3c00 on.
    const patterns = Uint16Array.from({ length: pixels }, (_, i) => 0x3c00 + i);
    expect((await deep(patterns, 16, 3)).data).toEqual(stretched(patterns));
    const small = Uint16Array.from({ length: pixels }, (_, i) => i);
    expect((await deep(small, 16, 3)).data).toEqual(stretched(small));
  });

  test('signed and unsigned integers, floats, and white as zero', async () => {
    const values = Uint16Array.from({ length: pixels }, (_, i) => 900 + 5 * i);
    expect((await deep(values, 16, 1)).data).toEqual(stretched(values));
    const signed = Uint16Array.from({ length: pixels }, (_, i) => 5 * i - 700);
    expect((await deep(signed, 16, 2)).data).toEqual(stretched(new Int16Array(signed.buffer)));
    const floats = Float32Array.from(values, (value) => value / 1000);
    expect((await deep(floats, 32, 3)).data).toEqual(stretched(values));
    const white = [{ tag: 262, values: [0] }];
    expect((await deep(values, 16, 1, white)).data).toEqual(stretched(Array.from(values, (value) => -value)));
    expect((await deep(floats, 32, 3, white)).data).toEqual(stretched(Array.from(values, (value) => -value)));
  });

  test('one hot pixel leaves the others their greys', async () => {
    const values = Uint16Array.from({ length: pixels }, (_, i) => 1000 + i);
    values[pixels - 1] = 65535;
    const decoded = await deep(values, 16, 1);
    expect(decoded.notes).toEqual([`greys 1000..${1000 + pixels - 2} were stretched to 0..255`]);
  });

  test('12-bit colours in 16 bits keep their range', async () => {
    const values = Uint16Array.from(colours, (value) => value * 16 + 5);
    const tags = [...rgbTags.slice(1), { tag: 258, values: [16, 16, 16] }];
    const decoded = await decode({ ...greyPage, segments: [bytesOf(values)], tags });
    expect(decoded).toMatchObject({ mode: 'rgb', data: colours, notes: ['colours of 12 bits were reduced to 8'] });
    const whole = Uint16Array.from(colours, (value) => value * 257);
    expect((await decode({ ...greyPage, segments: [bytesOf(whole)], tags })).data).toEqual(colours);
  });
});

describe('colours that libvips does not turn into RGB', () => {
  const ycbcrTags = (subsampling: number): TestTag[] => [
    ...rgbTags.filter(({ tag }) => tag !== 262),
    { tag: 262, values: [6] },
    { tag: 530, values: [subsampling, subsampling] },
  ];
  const bt601 = (y: number, cb: number, cr: number) =>
    [y + 1.402 * (cr - 128), y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128), y + 1.772 * (cb - 128)].map((value) =>
      Math.min(Math.max(value, 0), 255),
    );
  const bt709 = (y: number, cb: number, cr: number) =>
    [y + 1.5748 * (cr - 128), y - 0.187324 * (cb - 128) - 0.468124 * (cr - 128), y + 1.8556 * (cb - 128)].map((value) =>
      Math.min(Math.max(value, 0), 255),
    );
  const expectNear = (data: Uint8Array, expected: readonly number[], tolerance: number) => {
    expect(Math.max(...expected.map((value, i) => Math.abs(value - data[i]!)))).toBeLessThanOrEqual(tolerance);
  };
  const ofPixels = (convert: typeof bt601, at: (i: number) => readonly [number, number, number]) =>
    Array.from({ length: pixels }, (_, i) => convert(...at(i))).flat();
  const triple = (i: number) => [colours[3 * i]!, colours[3 * i + 1]!, colours[3 * i + 2]!] as const;

  test('YCbCr, by BT.601 or by the shares that the file names', async () => {
    const page = { ...greyPage, segments: [colours], tags: ycbcrTags(1) };
    expectNear((await decode(page)).data, ofPixels(bt601, triple), 1.5);
    const compressed = { ...page, segments: [deflateSync(colours)] };
    const shares = { tag: 529, type: 5, values: [213, 715, 72] };
    const tags = [...ycbcrTags(1), { tag: 259, values: [8] }];
    expectNear((await decode({ ...compressed, tags })).data, ofPixels(bt601, triple), 1.5);
    expectNear((await decode({ ...compressed, tags: [...tags, shares] })).data, ofPixels(bt709, triple), 1.5);
    expect((await decode({ ...page, tags: [...ycbcrTags(1), shares] })).notes).toEqual([
      'colours were converted by BT.601; the file names other shares',
    ]);
  });

  test('YCbCr that shares colours among 2 x 2 pixels', async () => {
    const units = Uint8Array.from({ length: (pixels / 4) * 6 }, (_, i) => (i * 13) % 256);
    const decoded = await decode({ ...greyPage, segments: [units], tags: ycbcrTags(2) });
    const at = (i: number) => {
      const [x, y] = [i % imageWidth, Math.floor(i / imageWidth)];
      const unit = (Math.floor(y / 2) * (imageWidth / 2) + Math.floor(x / 2)) * 6;
      return [units[unit + (y % 2) * 2 + (x % 2)]!, units[unit + 4]!, units[unit + 5]!] as const;
    };
    expectNear(decoded.data, ofPixels(bt601, at), 1.5);
  });

  const white = { lab: [255, 0, 0], rgb: [255, 255, 255] };
  const black = { lab: [0, 0, 0], rgb: [0, 0, 0] };
  // At the edge of what sRGB can show, where the table is coarse.
  const red = { lab: [138, 81, 70], rgb: [255, 0, 0] };
  const blue = { lab: [75, 68, 256 - 112], rgb: [0, 0, 255] };
  // As Pillow converts them; by the formula they have 53 and 0 of red.
  const sky = { lab: [108, 2, 212], rgb: [44, 101, 173] };
  const shade = { lab: [7, 4, 236], rgb: [8, 8, 39] };
  test.each([
    { what: 'Lab', known: [white, black, red, blue], tolerance: 25 },
    { what: 'Lab as LittleCMS converts it', known: [white, black, sky, shade], tolerance: 1 },
  ])('$what', async ({ known, tolerance }) => {
    const lab = Uint8Array.from({ length: pixels }, (_, i) => i % known.length);
    const segments = [Uint8Array.from([...lab].flatMap((i) => known[i]!.lab))];
    const tags = [...rgbTags.filter(({ tag }) => tag !== 262), { tag: 262, values: [8] }];
    const decoded = await decode({ ...greyPage, segments, tags });
    expectNear(
      decoded.data,
      [...lab].flatMap((i) => known[i]!.rgb),
      tolerance,
    );
  });
});

test('a channel that the file does not explain is no grey, and that is said', async () => {
  const segments = [Uint8Array.from({ length: 2 * pixels }, (_, i) => (i % 2 === 0 ? greys[i / 2]! : 7))];
  const tags = [
    { tag: 258, values: [8, 8] },
    { tag: 277, values: [2] },
  ];
  const { mode, data, notes } = await decode({ ...greyPage, segments, tags });
  expect([mode, data.filter((_, i) => i % 2 === 0)]).toEqual(['greyAlpha', greys]);
  expect(notes).toEqual(['the file does not say what its last channel is: it was taken as transparency']);
  const explained = await decode({ ...greyPage, segments, tags: [...tags, { tag: 338, values: [2] }] });
  expect(explained.notes).toEqual([]);
});

describe('what is not read is named', () => {
  const fiveChannels = [
    { tag: 258, values: [8, 8, 8, 8, 8] },
    { tag: 277, values: [5] },
  ];
  const unread: Readonly<Record<string, [Partial<TestPage>, RegExp]>> = {
    zstd: [{ tags: [{ tag: 259, values: [50000] }] }, /zstd/],
    LZMA: [{ tags: [{ tag: 259, values: [34925] }] }, /LZMA/],
    'double precision': [
      {
        tags: [
          { tag: 258, values: [64] },
          { tag: 339, values: [3] },
        ],
      },
      /float64/,
    ],
    '12-bit JPEG': [
      {
        tags: [
          { tag: 258, values: [12] },
          { tag: 259, values: [7] },
        ],
      },
      /12-bit JPEG/,
    ],
    'five channels': [{ segments: [new Uint8Array(pixels * 5)], tags: fiveChannels }, /5 channels/],
    'raw photographs': [{ tags: [{ tag: 262, values: [32803] }] }, /raw photograph/],
    'complex numbers': [
      {
        tags: [
          { tag: 258, values: [64] },
          { tag: 339, values: [6] },
        ],
      },
      /complex/,
    ],
    'packed 12 bits': [{ tags: [{ tag: 258, values: [12] }] }, /12 bits/],
  };
  test.each(Object.keys(unread))('%s', async (name) => {
    const [page, message] = unread[name]!;
    await expect(decode({ ...greyPage, ...page })).rejects.toEqual(refused('unsupported-encoding', message));
  });

  test('damage is another answer', async () => {
    const half = { ...greyPage, segments: [greys.subarray(0, 100)], tags: [{ tag: 279, type: 4, values: [pixels] }] };
    await expect(
      decode({
        ...half,
        tags: [
          { tag: 278, values: [imageHeight] },
          { tag: 273, values: [9999] },
        ],
      }),
    ).rejects.toEqual(refused('corrupt-image'));
    const short = { ...greyPage, segments: [deflateSync(greys.subarray(0, 100))], tags: [{ tag: 259, values: [8] }] };
    await expect(decode(short)).rejects.toEqual(refused('corrupt-image'));
  });
});

describe('pages', () => {
  const page = (value: number, tags: TestTag[] = []): TestPage => ({
    width: 8,
    height: 8,
    segments: [new Uint8Array(64).fill(value)],
    tags,
  });
  const reduced = { tag: 254, values: [1] };

  test('reduced copies are left out, and said so, also where the first is one', async () => {
    const bytes = testTiff([page(1, [reduced]), page(2), page(3), page(4, [{ tag: 254, values: [4] }])]);
    const [first, second] = [await decodeImage(bytes), await decodeImage(bytes, {}, 1)];
    expect([first.data[0], second.data[0], first.frameCount]).toEqual([2, 3, 2]);
    expect(first.notes).toContain('2 reduced or masking pages were left out');
    await expect(decodeImage(bytes, {}, 2)).rejects.toEqual(refused('no-such-frame'));
  });

  test('a circle of pages is damage', async () => {
    const bytes = testTiff([page(1), page(2)]);
    const first = bytes.readUInt32LE(4);
    bytes.writeUInt32LE(first, bytes.length - 4);
    await expect(decodeImage(bytes)).rejects.toEqual(refused('corrupt-image', /circle/));
  });
});

test('JPEG of subsampled colours inside a TIFF', async () => {
  const image = sharp(colours, { raw: { width: imageWidth, height: imageHeight, channels: 3 } });
  const tiff = await image.tiff({ compression: 'jpeg', quality: 80 }).toBuffer();
  const decoded = await decodeImage(tiff);
  expect(decoded).toMatchObject({ mode: 'rgb', width: imageWidth, height: imageHeight });
});

function tileOf(plane: Uint8Array, left: number): Uint8Array {
  const side = 16;
  return Uint8Array.from({ length: side * side }, (_, i) => {
    const x = left + (i % side);
    return x < imageWidth ? plane[Math.floor(i / side) * imageWidth + x]! : 0;
  });
}
