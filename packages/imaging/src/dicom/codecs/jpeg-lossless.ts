import { corruptImage, ImageError } from '../../image/image-error.js';
import type { Codestream } from './codestream.js';
import { EntropyReader } from './entropy-reader.js';
import { HuffmanTable } from './huffman-table.js';

const startOfLosslessFrame = 0xc3;
const defineHuffmanTables = 0xc4;
const endOfImage = 0xd9;
const startOfScan = 0xda;
const defineRestartInterval = 0xdd;

type Samples = Uint8Array | Uint16Array;

interface Scan {
  /** Components by their place in the frame, and the Huffman table of each. */
  readonly components: readonly { readonly place: number; readonly table: HuffmanTable }[];
  /** 1 to 7 (T.81, table H.1) */
  readonly predictor: number;
  /** Bits by which samples were shifted down before coding. */
  readonly pointTransform: number;
  /** In pixels; 0 where there are no restarts. */
  readonly restartInterval: number;
}

/**
 * Decodes a lossless, Huffman-coded JPEG frame (T.81, annex H) to samples, pixel by pixel. Errors: `corrupt-image` as
 * soon as the stream ends early, and `unsupported-encoding` for subsampled components.
 */
export function decodeJpegLossless(header: Codestream): Samples {
  const { bytes, width, height, components, bitsPerSample } = header;
  const length = width * height * components;
  const samples = bitsPerSample > 8 ? new Uint16Array(length) : new Uint8Array(length);
  const tables = new Map<number, HuffmanTable>();
  const decoded = new Set<number>();
  let ids: readonly number[] = [];
  let restartInterval = 0;
  let offset = 2;
  while (decoded.size < components) {
    const marker = bytes[offset] === 0xff ? bytes[offset + 1] : undefined;
    const end = offset + 2 + (bytes[offset + 2] ?? 0) * 256 + (bytes[offset + 3] ?? 0);
    if (marker === undefined || marker === endOfImage || end > bytes.length || end < offset + 4) throw damaged();
    const content = bytes.subarray(offset + 4, end);
    offset = end;
    if (marker === defineHuffmanTables) readTables(content, tables);
    else if (marker === defineRestartInterval) restartInterval = at(content, 0) * 256 + at(content, 1);
    else if (marker === startOfLosslessFrame) ids = componentIds(content, components);
    else if (marker === startOfScan) {
      const scan = readScan(content, ids, tables, restartInterval);
      const reader = new EntropyReader(bytes, offset);
      decodeScan(reader, scan, header, samples);
      for (const { place } of scan.components) decoded.add(place);
      offset = reader.endOfScan();
    }
  }
  return samples;
}

function decodeScan(reader: EntropyReader, scan: Scan, header: Codestream, samples: Samples): void {
  const pixels = header.width * header.height;
  const interval = scan.restartInterval > 0 ? scan.restartInterval : pixels;
  for (let begin = 0; begin < pixels; begin += interval) {
    if (begin > 0) reader.skipRestartMarker();
    decodeInterval(reader, scan, header, samples, begin, Math.min(begin + interval, pixels));
  }
}

/** Pixels that are predicted from no others, row by row (T.81, H.1.2.1); in the first row there is nothing above. */
function decodeInterval(
  reader: EntropyReader,
  scan: Scan,
  { width, components, bitsPerSample }: Codestream,
  samples: Samples,
  begin: number,
  end: number,
): void {
  const { predictor, pointTransform } = scan;
  const stride = width * components;
  for (let from = begin; from < end; ) {
    const isFirstRow = from === begin;
    const to = Math.min((Math.floor(from / width) + 1) * width, end);
    for (const { place, table } of scan.components) {
      const i = from * components + place;
      const prediction = isFirstRow
        ? 2 ** (bitsPerSample - pointTransform - 1)
        : samples[i - stride]! >> pointTransform;
      samples[i] = (prediction + readDifference(reader, table)) << pointTransform;
    }
    const row = { from: from + 1, to, stride, components, predictor: isFirstRow ? 1 : predictor };
    decodeRow(reader, scan, row, samples);
    from = to;
  }
}

interface Row {
  /** The pixels, all of which have one to the left. */
  readonly from: number;
  readonly to: number;
  /** Samples from one pixel to that below it, and from one to the next. */
  readonly stride: number;
  readonly components: number;
  readonly predictor: number;
}

function decodeRow(
  reader: EntropyReader,
  { components: scanned, pointTransform }: Scan,
  { from, to, stride, components, predictor }: Row,
  samples: Samples,
): void {
  for (let pixel = from; pixel < to; pixel++) {
    for (let component = 0; component < scanned.length; component++) {
      const { place, table } = scanned[component]!;
      const i = pixel * components + place;
      const left = samples[i - components]! >> pointTransform;
      const above = predictor === 1 ? 0 : samples[i - stride]! >> pointTransform;
      const diagonal = predictor < 3 ? 0 : samples[i - stride - components]! >> pointTransform;
      // The array keeps the lowest bits: differences are counted modulo 65536.
      samples[i] = (predict(predictor, left, above, diagonal) + readDifference(reader, table)) << pointTransform;
    }
  }
}

/** Prediction from the samples to the left, above, and above to the left (T.81, table H.1). */
function predict(predictor: number, left: number, above: number, diagonal: number): number {
  switch (predictor) {
    case 1:
      return left;
    case 2:
      return above;
    case 3:
      return diagonal;
    case 4:
      return left + above - diagonal;
    case 5:
      return left + ((above - diagonal) >> 1);
    case 6:
      return above + ((left - diagonal) >> 1);
    default:
      return (left + above) >> 1;
  }
}

/** A difference: its number of bits as a Huffman code, then the bits (T.81, H.1.2.2); 16 stands for 32768 alone. */
function readDifference(reader: EntropyReader, table: HuffmanTable): number {
  const bits = table.decode(reader);
  if (bits === 0) return 0;
  if (bits >= 16) return 32_768;
  const value = reader.peek(bits);
  reader.skip(bits);
  return value < 1 << (bits - 1) ? value - (1 << bits) + 1 : value;
}

function readTables(content: Uint8Array, tables: Map<number, HuffmanTable>): void {
  const codeLengths = 16;
  for (let offset = 0; offset < content.length; ) {
    const identifier = at(content, offset) & 0x0f;
    const counts = content.subarray(offset + 1, offset + 1 + codeLengths);
    const size = counts.reduce((sum, count) => sum + count, 0);
    const values = content.subarray(offset + 1 + codeLengths, offset + 1 + codeLengths + size);
    if (counts.length < codeLengths || values.length < size) throw damaged();
    tables.set(identifier, new HuffmanTable(counts, values));
    offset += 1 + codeLengths + size;
  }
}

function componentIds(content: Uint8Array, components: number): number[] {
  return Array.from({ length: components }, (_, i) => {
    if (at(content, 7 + 3 * i) !== 0x11) throw unsupported();
    return at(content, 6 + 3 * i);
  });
}

function readScan(
  content: Uint8Array,
  ids: readonly number[],
  tables: ReadonlyMap<number, HuffmanTable>,
  restartInterval: number,
): Scan {
  const count = at(content, 0);
  const components = Array.from({ length: count }, (_, i) => {
    const place = ids.indexOf(at(content, 1 + 2 * i));
    const table = tables.get(at(content, 2 + 2 * i) >> 4);
    if (place < 0 || !table) throw damaged();
    return { place, table };
  });
  const predictor = at(content, 1 + 2 * count);
  if (count === 0 || predictor < 1 || predictor > 7) throw damaged();
  return { components, predictor, pointTransform: at(content, 3 + 2 * count) & 0x0f, restartInterval };
}

function at(content: Uint8Array, offset: number): number {
  if (offset >= content.length) throw damaged();
  return content[offset]!;
}

function damaged(): ImageError {
  return corruptImage('DICOM', 'a lossless JPEG frame contradicts itself or is cut short');
}

function unsupported(): ImageError {
  return new ImageError(
    'unsupported-encoding',
    'A DICOM frame holds lossless JPEG with subsampled components, which is not supported; convert it to JPEG-LS.',
  );
}
