import loadCharls from '@cornerstonejs/codec-charls/wasmjs';
import loadOpenJpeg from '@cornerstonejs/codec-openjpeg/wasmjs';

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  readonly bitsPerSample: number;
  /** Samples, pixel by pixel. */
  readonly samples: Uint8Array | Uint16Array;
}

/** A new object each time, for the loaders make it their module. */
const silent = () => ({ print: () => {}, printErr: () => {} });

function encodeWith(encoder: CodecEncoder, frame: Frame): Uint8Array {
  const { width, height, bitsPerSample, components, samples } = frame;
  const info = {
    width,
    height,
    bitsPerSample,
    componentCount: components,
    isSigned: false,
    isUsingColorTransform: false,
  };
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  encoder.getDecodedBuffer(info).set(bytes);
  encoder.encode();
  const encoded = Uint8Array.from(encoder.getEncodedBuffer());
  encoder.delete();
  return encoded;
}

export async function encodeJpegLs(frame: Frame): Promise<Uint8Array> {
  const encoder = new (await loadCharls(silent())).JpegLSEncoder();
  encoder.setInterleaveMode(frame.components > 1 ? 2 : 0);
  return encodeWith(encoder, frame);
}

export async function encodeJpeg2000(frame: Frame): Promise<Uint8Array> {
  const encoder = new (await loadOpenJpeg(silent())).J2KEncoder();
  encoder.setDecompositions(2);
  encoder.setQuality(true, 0);
  return encodeWith(encoder, frame);
}

/** RLE (PS3.5, annex G) of one frame, each byte plane as literal runs and, where bytes repeat, as repeats. */
export function encodeRle({ samples, components }: Frame): Uint8Array {
  const bytesPerSample = samples.BYTES_PER_ELEMENT;
  const planes = Array.from({ length: components * bytesPerSample }, (_, segment) => {
    const shift = 8 * (bytesPerSample - 1 - (segment % bytesPerSample));
    const component = Math.floor(segment / bytesPerSample);
    return packBits(Array.from(samples).flatMap((s, i) => (i % components === component ? [(s >> shift) & 255] : [])));
  });
  const header = Buffer.alloc(64);
  header.writeUInt32LE(planes.length, 0);
  let offset = 64;
  planes.forEach((plane, i) => {
    header.writeUInt32LE(offset, 4 + 4 * i);
    offset += plane.length;
  });
  return Buffer.concat([header, ...planes]);
}

function packBits(values: readonly number[]): Buffer {
  const packed: number[] = [];
  for (let at = 0; at < values.length; ) {
    let run = 1;
    while (run < 128 && values[at + run] === values[at]) run++;
    if (run > 1) {
      packed.push(257 - run, values[at]!);
    } else {
      packed.push(0, values[at]!);
    }
    at += run;
  }
  return Buffer.from(packed.length % 2 === 0 ? packed : [...packed, 128]);
}

export interface LosslessOptions {
  /** 1 to 7 (T.81, table H.1) */
  readonly predictor?: number;
  /** Rows between restart markers; 0 for none. */
  readonly restartRows?: number;
  /** Codes of five bits each, or of 1 to 16 bits: as many ones as the category says and a zero. */
  readonly codes?: 'equal' | 'unary';
}

/** Lossless JPEG (T.81, process 14). */
export function encodeJpegLossless(
  { width, height, components, bitsPerSample, samples }: Frame,
  { predictor = 1, restartRows = 0, codes = 'equal' }: LosslessOptions = {},
): Uint8Array {
  const isUnary = codes === 'unary';
  // There is no room for category 16 among unary codes.
  const categories = isUnary ? 16 : 17;
  const codeBits = 5;
  const codesByLength = Array.from({ length: 16 }, (_, i) => (isUnary ? 1 : i + 1 === codeBits ? categories : 0));
  const huffman = [0, ...codesByLength, ...Array.from({ length: categories }, (_, i) => i)];
  const bits: number[] = [];
  const put = (value: number, count: number) => {
    for (let i = count - 1; i >= 0; i--) bits.push(Math.floor(value / 2 ** i) % 2);
  };
  const scan: number[] = [];
  const flush = () => {
    while (bits.length % 8 !== 0) bits.push(1);
    for (let i = 0; i < bits.length; i += 8) {
      const byte = bits.slice(i, i + 8).reduce((value, bit) => value * 2 + bit, 0);
      scan.push(byte);
      if (byte === 0xff) scan.push(0);
    }
    bits.length = 0;
  };
  const rowLength = width * components;
  samples.forEach((sample, at) => {
    const row = Math.floor(at / rowLength);
    const firstRow = restartRows > 0 ? row - (row % restartRows) : 0;
    if (at % rowLength === 0 && row > 0 && row === firstRow) {
      flush();
      scan.push(0xff, 0xd0 + ((row / restartRows - 1) % 8));
    }
    const [a, b, c] = [samples[at - components]!, samples[at - rowLength]!, samples[at - rowLength - components]!];
    const predictions = [a, b, c, a + b - c, a + ((b - c) >> 1), b + ((a - c) >> 1), (a + b) >> 1];
    const isRowStart = at % rowLength < components;
    const initial = isRowStart ? 2 ** (bitsPerSample - 1) : a;
    const prediction = row === firstRow ? initial : isRowStart ? b : predictions[predictor - 1]!;
    const modular = (sample - prediction) & 0xffff;
    const difference = modular > 32_768 ? modular - 65_536 : modular;
    const category = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
    if (isUnary) put(2 ** (category + 1) - 2, category + 1);
    else put(category, codeBits);
    // Category 16 has one member, 32768, and so no further bits.
    if (category < 16) put(difference < 0 ? difference + 2 ** category - 1 : difference, category);
  });
  flush();
  const ids = Array.from({ length: components }, (_, i) => i + 1);
  const segment = (marker: number, content: number[]) => [
    0xff,
    marker,
    (content.length + 2) >> 8,
    (content.length + 2) & 255,
    ...content,
  ];
  return Uint8Array.from([
    ...[0xff, 0xd8],
    ...segment(0xc3, [
      bitsPerSample,
      height >> 8,
      height & 255,
      width >> 8,
      width & 255,
      components,
      ...ids.flatMap((id) => [id, 0x11, 0]),
    ]),
    ...segment(0xc4, huffman),
    ...segment(0xdd, [0, restartRows * width]),
    ...segment(0xda, [components, ...ids.flatMap((id) => [id, 0]), predictor, 0, 0]),
    ...scan,
    ...[0xff, 0xd9],
  ]);
}
