import { corruptImage, ImageError } from '../../image/image-error.js';
import { byteAt, type Codestream, type StreamKind, uint16 } from './codestream.js';

const startOfScan = 0xda;
const endOfImage = 0xd9;
const jfif = 0xe0;
const adobe = 0xee;
/** What is shorter does not say how colours are stored. */
const adobeBytes = 12;

/** Start-of-frame markers (T.81, table B.1; T.87, C.1.1) of what is decoded, and the names of what is not. */
const processes: Readonly<Record<number, StreamKind | { readonly name: string }>> = {
  192: 'jpeg',
  193: 'jpeg',
  194: 'jpeg',
  195: 'jpegLossless',
  197: { name: 'hierarchical JPEG' },
  198: { name: 'hierarchical JPEG' },
  199: { name: 'hierarchical JPEG' },
  201: { name: 'JPEG with arithmetic coding' },
  202: { name: 'JPEG with arithmetic coding' },
  203: { name: 'lossless JPEG with arithmetic coding' },
  205: { name: 'hierarchical JPEG' },
  206: { name: 'hierarchical JPEG' },
  207: { name: 'hierarchical JPEG' },
  247: 'jpegLs',
};

type FrameHeader = Omit<Codestream, 'bytes' | 'colours'> & { readonly hasRgbNames: boolean };

/**
 * Walks the segments of a JPEG or JPEG-LS stream to its end mark. Errors: `corrupt-image` where the stream ends before,
 * and `unsupported-encoding`.
 */
export function readJpeg(bytes: Uint8Array): Codestream {
  let header: FrameHeader | undefined;
  let hasJfif = false;
  let adobeTransform: number | undefined;
  for (let offset = 2; ; ) {
    if (byteAt(bytes, offset) !== 0xff) throw corruptImage('DICOM', 'a frame contradicts JPEG');
    const marker = byteAt(bytes, offset + 1);
    if (marker === 0xff) {
      // Any number of these may fill the space before a marker.
      offset += 1;
      continue;
    }
    if (marker === endOfImage) {
      if (!header) throw corruptImage('DICOM', 'a frame has no JPEG frame header');
      const { hasRgbNames, ...described } = header;
      const colours = hasJfif
        ? 'ycbcr'
        : adobeTransform !== undefined
          ? adobeTransform === 0
            ? 'rgb'
            : 'ycbcr'
          : hasRgbNames
            ? 'rgb'
            : undefined;
      return { ...described, bytes: bytes.subarray(0, offset + 2), colours };
    }
    const content = offset + 4;
    const end = offset + 2 + uint16(bytes, offset + 2);
    const process = processes[marker];
    if (process) header ??= readFrameHeader(bytes, content, process);
    if (marker === jfif && startsWith(bytes, content, 'JFIF')) hasJfif = true;
    const isAdobe = marker === adobe && startsWith(bytes, content, 'Adobe') && end >= content + adobeBytes;
    if (isAdobe) adobeTransform = byteAt(bytes, content + adobeBytes - 1);
    offset = marker === startOfScan ? endOfScan(bytes, end) : end;
  }
}

function readFrameHeader(
  bytes: Uint8Array,
  offset: number,
  process: StreamKind | { readonly name: string },
): FrameHeader {
  if (typeof process === 'object') {
    throw new ImageError(
      'unsupported-encoding',
      `A DICOM frame holds ${process.name}, which is not supported; convert it to JPEG-LS or JPEG 2000.`,
    );
  }
  const components = byteAt(bytes, offset + 5);
  const names = Array.from({ length: components }, (_, i) => String.fromCharCode(byteAt(bytes, offset + 6 + 3 * i)));
  return {
    kind: process,
    bitsPerSample: byteAt(bytes, offset),
    height: uint16(bytes, offset + 1),
    width: uint16(bytes, offset + 3),
    components,
    hasRgbNames: names.join('').toUpperCase() === 'RGB',
  };
}

/**
 * Position of the marker behind entropy-coded data, in which 0xFF stands for itself before a small byte or a restart.
 */
function endOfScan(bytes: Uint8Array, begin: number): number {
  for (let offset = bytes.indexOf(0xff, begin); offset >= 0; offset = bytes.indexOf(0xff, offset + 1)) {
    const next = byteAt(bytes, offset + 1);
    const isRestart = next >= 0xd0 && next <= 0xd7;
    if (next >= 0x80 && next !== 0xff && !isRestart) return offset;
  }
  throw corruptImage('DICOM', 'the end of a compressed frame is missing');
}

function startsWith(bytes: Uint8Array, offset: number, text: string): boolean {
  return String.fromCharCode(...bytes.subarray(offset, offset + text.length)) === text;
}
