import sharp, { type Sharp } from 'sharp';
import { encodeJpeg2000, encodeJpegLs, type Frame } from './dicom-encoders.js';
import { type DicomElement, type DicomFileOptions, dicomFile } from './dicom-file.js';
import { hugePng } from './huge-png.js';

const rle = '1.2.840.10008.1.2.5';
const lossless = '1.2.840.10008.1.2.4.70';
const baseline = '1.2.840.10008.1.2.4.50';
const jpegLs = '1.2.840.10008.1.2.4.80';
const jpeg2000 = '1.2.840.10008.1.2.4.90';

const deep = { bitsAllocated: 16, bitsStored: 12 };
const colour = { samplesPerPixel: 3 };
/** A rescale to Hounsfield units, and padding. */
const ct: Readonly<Record<string, DicomElement>> = {
  '00281052': { vr: 'DS', text: '-1024' },
  '00281053': { vr: 'DS', text: '1.5' },
  '00280120': { vr: 'US', values: [0] },
};
const palette = Object.fromEntries(
  [1, 2, 3].flatMap((channel): [string, DicomElement][] => [
    [`0028110${channel}`, { vr: 'US', values: [4096, 0, 16] }],
    [`0028120${channel}`, { vr: 'OW', bytes: new Uint8Array(8192) }],
  ]),
);

type Make = (side: number) => Uint8Array | Promise<Uint8Array>;

/**
 * Files of `side` x `side` pixels, `side` being a multiple of 16, one of each kind that takes memory of its own in
 * decoding. They compress well, so that they are made quickly.
 */
export const largeFiles: Readonly<Record<string, Make>> = {
  'DICOM, 12 bits': dicom((side) => ({ ...deep, pixelData: bytesOf(grey12(side)), elements: ct })),
  'DICOM, 12 bits, big endian': dicom((side) => ({
    ...{ ...deep, transferSyntax: '1.2.840.10008.1.2.2' },
    ...{ pixelData: bytesOf(grey12(side)), elements: ct },
  })),
  'DICOM, 12 bits, deflated': dicom((side) => ({
    ...{ ...deep, transferSyntax: '1.2.840.10008.1.2.1.99' },
    ...{ pixelData: bytesOf(grey12(side)), elements: ct },
  })),
  'DICOM, 8 bits': dicom((side) => ({ pixelData: grey8(side) })),
  'DICOM, 32 bits': dicom((side) => ({
    ...{ bitsAllocated: 32, elements: ct },
    pixelData: bytesOf(new Uint32Array(grey12(side))),
  })),
  'DICOM, 1 bit': dicom((side) => ({ bitsAllocated: 1, pixelData: grey8(side).subarray(0, (side * side) / 8) })),
  'DICOM, RGB': dicom((side) => ({ ...colour, pixelData: colours(side) })),
  'DICOM, YCbCr in planes': dicom((side) => ({
    ...{ ...colour, planar: true, photometric: 'YBR_FULL' },
    pixelData: colours(side),
  })),
  'DICOM, YCbCr, halved': dicom((side) => ({
    ...{ ...colour, photometric: 'YBR_FULL_422' },
    pixelData: colours(side).subarray(0, 2 * side * side),
  })),
  'DICOM, RGB of 12 bits': dicom((side) => ({
    ...{ ...colour, ...deep },
    pixelData: bytesOf(new Uint16Array(colours(side))),
  })),
  'DICOM, palette': dicom((side) => ({
    ...{ ...deep, photometric: 'PALETTE COLOR' },
    ...{ pixelData: bytesOf(grey12(side)), elements: palette },
  })),
  'DICOM, RLE, 12 bits': dicom((side) => ({
    ...{ ...deep, transferSyntax: rle, elements: ct },
    pixelData: [runs(side, 2)],
  })),
  'DICOM, RLE, 32 bits': dicom((side) => ({ bitsAllocated: 32, transferSyntax: rle, pixelData: [runs(side, 4)] })),
  'DICOM, RLE, YCbCr': dicom((side) => ({
    ...{ ...colour, photometric: 'YBR_FULL', transferSyntax: rle },
    pixelData: [runs(side, 3)],
  })),
  'DICOM, JPEG lossless, 12 bits': dicom((side) => ({
    ...{ ...deep, transferSyntax: lossless, elements: ct },
    pixelData: [evenLossless(side, 12, 1)],
  })),
  'DICOM, JPEG lossless, RGB': dicom((side) => ({
    ...{ ...colour, transferSyntax: lossless },
    pixelData: [evenLossless(side, 8, 3)],
  })),
  'DICOM, JPEG, 8 bits': dicom(async (side) => ({
    transferSyntax: baseline,
    pixelData: [await greyPicture(side).jpeg().toBuffer()],
  })),
  'DICOM, JPEG, colour': dicom(async (side) => ({
    ...{ ...colour, photometric: 'YBR_FULL_422', transferSyntax: baseline },
    pixelData: [await picture(side).jpeg().toBuffer()],
  })),
  'DICOM, JPEG-LS, 12 bits': dicom(async (side) => ({
    ...{ ...deep, transferSyntax: jpegLs, elements: ct },
    pixelData: [await encodeJpegLs(frameOf(side, grey12(side), 12))],
  })),
  'DICOM, JPEG-LS, RGB': dicom(async (side) => ({
    ...{ ...colour, transferSyntax: jpegLs },
    pixelData: [await encodeJpegLs(frameOf(side, colours(side), 8))],
  })),
  'DICOM, JPEG 2000, 12 bits': dicom(async (side) => ({
    ...{ ...deep, transferSyntax: jpeg2000, elements: ct },
    pixelData: [await encodeJpeg2000(frameOf(side, grey12(side), 12))],
  })),
  'DICOM, JPEG 2000, RGB': dicom(async (side) => ({
    ...{ ...colour, transferSyntax: jpeg2000 },
    pixelData: [await encodeJpeg2000(frameOf(side, colours(side), 8))],
  })),
  'PNG, grey': (side) => hugePng(side, { bitDepth: 8 }),
  'PNG, grey and alpha of 16 bits': (side) => hugePng(side, { bitDepth: 16, colourType: 4 }),
  'PNG, RGB of 16 bits': (side) => hugePng(side, { bitDepth: 16, colourType: 2 }),
  'PNG, RGBA': (side) => hugePng(side, { bitDepth: 8, colourType: 6 }),
  'JPEG, colour': (side) => picture(side).jpeg().toBuffer(),
  'JPEG, colour, progressive': (side) => picture(side).jpeg({ progressive: true }).toBuffer(),
  'TIFF, grey of 16 bits, deflated': (side) =>
    greyPicture(side).toColourspace('grey16').tiff({ compression: 'deflate' }).toBuffer(),
  'TIFF, RGB': (side) => picture(side).tiff({ compression: 'none' }).toBuffer(),
  GIF: (side) => picture(side).gif({ effort: 1, colours: 16 }).toBuffer(),
  'WebP, colour': (side) => picture(side).webp({ effort: 0 }).toBuffer(),
};

const seriesSide = 320;
const seriesFrames = 300;

/** Files of 300 frames of 320 x 320 values of 12 bits that hardly compress: about 60 MB as they are. */
export const manyFrames: Readonly<Record<string, () => Promise<Uint8Array>>> = {
  'DICOM, 12 bits': async () => {
    const frame = bytesOf(noise12(seriesSide));
    const pixelData = new Uint8Array(seriesFrames * frame.length);
    for (let at = 0; at < seriesFrames; at++) pixelData.set(frame, at * frame.length);
    return series({ pixelData });
  },
  'DICOM, JPEG-LS, 12 bits': async () =>
    series({ transferSyntax: jpegLs, pixelData: repeated(await encodeJpegLs(noiseFrame())) }),
  'DICOM, JPEG 2000, 12 bits': async () =>
    series({ transferSyntax: jpeg2000, pixelData: repeated(await encodeJpeg2000(noiseFrame())) }),
};

function series(pixels: Pixels): Uint8Array {
  return dicomFile({ rows: seriesSide, columns: seriesSide, ...deep, frames: seriesFrames, elements: ct, ...pixels });
}

const repeated = (stream: Uint8Array) => Array<Uint8Array>(seriesFrames).fill(stream);
const noiseFrame = () => frameOf(seriesSide, noise12(seriesSide), 12);

/** Values of a congruential generator. */
function noise12(side: number): Uint16Array {
  let state = 1;
  return Uint16Array.from({ length: side * side }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 20;
  });
}

function dicom(options: (side: number) => Pixels | Promise<Pixels>): Make {
  return async (side) => dicomFile({ rows: side, columns: side, ...(await options(side)) });
}
type Pixels = Omit<DicomFileOptions, 'rows' | 'columns'>;

function grey12(side: number): Uint16Array {
  const values = new Uint16Array(side * side);
  for (let i = 0; i < values.length; i++) values[i] = (((i % side) >> 1) + (Math.floor(i / side) % 7)) & 0xfff;
  return values;
}

function grey8(side: number): Uint8Array {
  const values = new Uint8Array(side * side);
  for (let i = 0; i < values.length; i++) values[i] = (i % side) >> 5;
  return values;
}

function colours(side: number): Uint8Array {
  const values = new Uint8Array(3 * side * side);
  for (let i = 0; i < values.length; i++) values[i] = i >> 6;
  return values;
}

const bytesOf = ({ buffer }: Uint16Array | Uint32Array) => new Uint8Array(buffer as ArrayBuffer);

const frameOf = (side: number, samples: Uint8Array | Uint16Array, bitsPerSample: number): Frame => ({
  ...{ width: side, height: side, samples, bitsPerSample },
  components: samples.length / (side * side),
});

function picture(side: number): Sharp {
  return sharp(colours(side), { limitInputPixels: false, raw: { width: side, height: side, channels: 3 } });
}

function greyPicture(side: number): Sharp {
  const raw = { width: side, height: side, channels: 1 as const };
  return sharp(grey8(side), { limitInputPixels: false, raw }).toColourspace('b-w');
}

/** An RLE frame (PS3.5, annex G) of equal byte planes, in runs of 128. */
function runs(side: number, planes: number): Buffer {
  const plane = Buffer.alloc((2 * side * side) / 128);
  for (let i = 0; i < plane.length; i += 2) plane.set([129, i & 255], i);
  const header = Buffer.alloc(64);
  header.writeUInt32LE(planes, 0);
  for (let i = 0; i < planes; i++) header.writeUInt32LE(64 + i * plane.length, 4 + 4 * i);
  return Buffer.concat([header, ...Array<Buffer>(planes).fill(plane)]);
}

/** A lossless JPEG stream (T.81, annex H) all of whose differences are 0, by a code of one bit. */
function evenLossless(side: number, bitsPerSample: number, components: number): Buffer {
  const segment = (marker: number, content: readonly number[]) => [0xff, marker, 0, content.length + 2, ...content];
  const ids = Array.from({ length: components }, (_, i) => i + 1);
  const size = [side >> 8, side & 255];
  const header = [
    ...[0xff, 0xd8],
    ...segment(0xc3, [bitsPerSample, ...size, ...size, components, ...ids.flatMap((id) => [id, 0x11, 0])]),
    ...segment(0xc4, [0, 1, ...Array<number>(15).fill(0), 0]),
    ...segment(0xda, [components, ...ids.flatMap((id) => [id, 0]), 1, 0, 0]),
  ];
  return Buffer.concat([Buffer.from(header), Buffer.alloc((side * side * components) / 8), Buffer.of(0xff, 0xd9)]);
}
