import type { ImageMode } from '../image/decoded-image.js';
import { corruptImage, ImageError } from '../image/image-error.js';
import { checkDeclared, type ImageLimits } from '../image/limits.js';
import { expandRuns, runsEnd } from './bmp-runs.js';
import type { RasterFile, RasterSamples } from './samples.js';

const fileHeaderBytes = 14;
const coreHeaderBytes = 12;
const infoHeaderBytes = 40;
const uncompressed = 0;
const runLengths8 = 1;
const runLengths4 = 2;
const bitFields = 3;
const alphaBitFields = 6;
const compressionNames: Readonly<Record<number, string>> = { 4: 'JPEG', 5: 'PNG', 11: 'CMYK', 12: 'CMYK', 13: 'CMYK' };
const pixelDepths = [1, 4, 8, 16, 24, 32];

interface BmpHeader {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly isRunLength: boolean;
  readonly bitsPerPixel: number;
  /** Bit masks of red, green, blue and alpha for 16 and 32 bits a pixel. */
  readonly masks: readonly [number, number, number, number];
  /** `[r, g, b]` times its colours; empty above 8 bits a pixel. */
  readonly palette: Uint8Array;
  readonly pixelOffset: number;
  readonly headerEnd: number;
  readonly hasMasks: boolean;
  /** Where the palette and the masks of a short header end. */
  readonly tablesEnd: number;
}

/**
 * Opens a Windows bitmap of 1 to 32 bits a pixel, plain or in run lengths. Errors: `corrupt-image`,
 * `unsupported-encoding` (embedded JPEG or PNG, Huffman) and those of the limits.
 */
export function openBmp(bytes: Uint8Array, limits: ImageLimits): RasterFile & { samples(): RasterSamples } {
  const header = readHeader(bytes);
  checkDeclared({ width: header.width, height: header.height, frameCount: 1 }, 0, limits);
  const cost = { pixels: header.width * header.height, bytesPerPixel: 8, channels: 4 };
  return { frameCount: 1, cost: () => cost, samples: () => decodeBmp(bytes, header) };
}

/** Where the parts of a bitmap lie. Throws `corrupt-image` and `unsupported-encoding`. */
export function bmpLayout(
  bytes: Uint8Array,
): Pick<BmpHeader, 'headerEnd' | 'hasMasks' | 'tablesEnd' | 'pixelOffset'> & { readonly pixelEnd: number } {
  const header = readHeader(bytes);
  const { pixelOffset, width, height, bitsPerPixel } = header;
  const pixelBytes = header.isRunLength
    ? runsEnd(bytes.subarray(pixelOffset), bitsPerPixel === 4)
    : Math.ceil((width * bitsPerPixel) / 32) * 4 * height;
  return { ...header, pixelEnd: Math.min(bytes.length, pixelOffset + pixelBytes) };
}

function decodeBmp(bytes: Uint8Array, header: BmpHeader): RasterSamples {
  const { width, height, bitsPerPixel } = header;
  const rows = header.isRunLength ? runLengthRows(bytes, header) : plainRows(bytes, header);
  const { mode, data } = bitsPerPixel <= 8 ? indexedPixels(rows, header) : directPixels(rows, header);
  return { width, height, mode, data, notes: [] };
}

/** Rows from top to bottom, as they lie in the file. */
function plainRows(bytes: Uint8Array, { width, height, bitsPerPixel, pixelOffset, topDown }: BmpHeader): Uint8Array[] {
  const rowBytes = Math.ceil((width * bitsPerPixel) / 32) * 4;
  const paddingBytes = rowBytes - Math.ceil((width * bitsPerPixel) / 8);
  if (pixelOffset + rowBytes * height - paddingBytes > bytes.length)
    throw corruptImage('BMP', 'it ends inside its pixels');
  return Array.from({ length: height }, (_, y) => {
    const start = pixelOffset + (topDown ? y : height - 1 - y) * rowBytes;
    return bytes.subarray(start, start + rowBytes);
  });
}

/** Rows from top to bottom, each pixel packed as in a plain file of the same depth. */
function runLengthRows(bytes: Uint8Array, { width, height, bitsPerPixel, pixelOffset }: BmpHeader): Uint8Array[] {
  const rowBytes = Math.ceil((width * bitsPerPixel) / 8);
  const pixels = expandRuns(bytes.subarray(pixelOffset), { width, height, bitsPerPixel, rowBytes });
  return Array.from({ length: height }, (_, y) => {
    const start = (height - 1 - y) * rowBytes;
    return pixels.subarray(start, start + rowBytes);
  });
}

function readHeader(bytes: Uint8Array): BmpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < fileHeaderBytes + coreHeaderBytes) throw corruptImage('BMP', 'it ends inside its header');
  const headerBytes = view.getUint32(14, true);
  const headerEnd = fileHeaderBytes + headerBytes;
  const isCore = headerBytes === coreHeaderBytes;
  if ((!isCore && headerBytes < infoHeaderBytes) || headerEnd > bytes.length) {
    throw corruptImage('BMP', 'its header has an impossible size');
  }
  const width = isCore ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = isCore ? view.getUint16(20, true) : view.getInt32(22, true);
  const bitsPerPixel = view.getUint16(isCore ? 24 : 28, true);
  const compression = isCore ? uncompressed : view.getUint32(30, true);
  const hasMasks = compression === bitFields || compression === alphaBitFields;
  const isRunLength = compression === runLengths8 || compression === runLengths4;
  if (compression !== uncompressed && !hasMasks && !isRunLength) {
    const name = compressionNames[compression] ?? `scheme ${compression}`;
    throw new ImageError(
      'unsupported-encoding',
      `The BMP file is compressed with ${name}, which is not supported; save it as PNG.`,
    );
  }
  if (width <= 0 || signedHeight === 0) throw corruptImage('BMP', 'its size is not positive');
  if (!pixelDepths.includes(bitsPerPixel) || (hasMasks && bitsPerPixel !== 16 && bitsPerPixel !== 32)) {
    throw corruptImage('BMP', `it claims ${bitsPerPixel} bits a pixel`);
  }
  if (isRunLength && (bitsPerPixel !== (compression === runLengths8 ? 8 : 4) || signedHeight < 0)) {
    throw corruptImage('BMP', 'its run lengths do not fit its pixels');
  }
  const maskBytes = hasMasks && headerBytes === infoHeaderBytes ? (compression === bitFields ? 12 : 16) : 0;
  const paletteStart = headerEnd + maskBytes;
  const declaredColours = (isCore ? 0 : view.getUint32(46, true)) || 2 ** bitsPerPixel;
  const entryBytes = isCore ? 3 : 4;
  const declaredOffset = view.getUint32(10, true);
  // Some writers forget the palette when they say where the pixels are.
  const forgotPalette = bitsPerPixel <= 8 && (declaredOffset === headerEnd || declaredOffset === 0);
  const pixelOffset = forgotPalette ? headerEnd + entryBytes * declaredColours : declaredOffset;
  if (pixelOffset < paletteStart || pixelOffset > bytes.length) throw corruptImage('BMP', 'it has no place for pixels');
  const palette =
    bitsPerPixel <= 8
      ? readPalette(bytes.subarray(paletteStart, pixelOffset), declaredColours, entryBytes)
      : new Uint8Array(0);
  return {
    width,
    height: Math.abs(signedHeight),
    topDown: signedHeight < 0,
    isRunLength,
    bitsPerPixel,
    masks: hasMasks ? readMasks(view, headerBytes, compression) : defaultMasks(bitsPerPixel),
    palette,
    pixelOffset,
    headerEnd,
    hasMasks,
    tablesEnd: paletteStart + (palette.length / 3) * entryBytes,
  };
}

/** The masks follow the 40-byte header; longer headers hold them, and that of alpha, at the same place. */
function readMasks(view: DataView, headerBytes: number, compression: number): BmpHeader['masks'] {
  const at = (i: number) => view.getUint32(fileHeaderBytes + infoHeaderBytes + 4 * i, true);
  const alphaEnd = infoHeaderBytes + 16;
  return [at(0), at(1), at(2), headerBytes >= alphaEnd || compression === alphaBitFields ? at(3) : 0];
}

function defaultMasks(bitsPerPixel: number): BmpHeader['masks'] {
  return bitsPerPixel === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0];
}

/** The colours that lie before the pixels: as many as declared, or fewer where the table is shorter than that. */
function readPalette(table: Uint8Array, declared: number, entryBytes: number): Uint8Array {
  const colours = Math.min(declared, 256, Math.floor(table.length / entryBytes));
  if (colours === 0) throw corruptImage('BMP', 'its palette is missing');
  const palette = new Uint8Array(colours * 3);
  for (let i = 0; i < colours; i++) {
    for (let channel = 0; channel < 3; channel++) palette[3 * i + channel] = table[i * entryBytes + 2 - channel]!;
  }
  return palette;
}

function indexedPixels(rows: readonly Uint8Array[], { width, bitsPerPixel, palette }: BmpHeader) {
  const colours = palette.length / 3;
  const greyStep = colours === 2 ? 255 : 1;
  const isGrey = palette.every((value, i) => value === Math.floor(i / 3) * greyStep);
  const mode: ImageMode = !isGrey ? 'palette' : colours === 2 ? 'bilevel' : 'grey';
  const channels = isGrey ? 1 : 3;
  const data = new Uint8Array(width * rows.length * channels);
  const pixelsPerByte = 8 / bitsPerPixel;
  rows.forEach((row, y) => {
    for (let x = 0; x < width; x++) {
      const shift = 8 - bitsPerPixel * ((x % pixelsPerByte) + 1);
      const index = (row[Math.floor(x / pixelsPerByte)]! >> shift) & (2 ** bitsPerPixel - 1);
      if (index >= colours) throw corruptImage('BMP', 'a pixel names a colour outside the palette');
      const at = (y * width + x) * channels;
      for (let channel = 0; channel < channels; channel++) data[at + channel] = palette[3 * index + channel]!;
    }
  });
  return { mode, data };
}

function directPixels(rows: readonly Uint8Array[], { width, bitsPerPixel, masks }: BmpHeader) {
  const mode: ImageMode = masks[3] === 0 ? 'rgb' : 'rgba';
  const fields = (masks[3] === 0 ? masks.slice(0, 3) : masks).map(bitField);
  const bytesPerPixel = bitsPerPixel / 8;
  const data = new Uint8Array(width * rows.length * fields.length);
  let at = 0;
  for (const row of rows) {
    for (let x = 0; x < width; x++) {
      let value = 0;
      for (let i = bytesPerPixel - 1; i >= 0; i--) value = value * 256 + row[x * bytesPerPixel + i]!;
      for (const { divisor, largest } of fields) {
        data[at++] = Math.round(((Math.floor(value / divisor) % (largest + 1)) * 255) / largest);
      }
    }
  }
  return { mode, data };
}

/** Position (as a divisor) and largest value of a contiguous bit mask. */
function bitField(mask: number): { divisor: number; largest: number } {
  if (mask === 0) throw corruptImage('BMP', 'a colour has no bits');
  let divisor = 1;
  while (Math.floor(mask / divisor) % 2 === 0) divisor *= 2;
  const largest = mask / divisor;
  if (!Number.isInteger(Math.log2(largest + 1))) throw corruptImage('BMP', 'the bits of a colour are not contiguous');
  return { divisor, largest };
}
