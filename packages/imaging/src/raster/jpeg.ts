import { corruptImage, ImageError } from '../image/image-error.js';

const rst0 = 0xd0;
const soi = 0xd8;
const eoi = 0xd9;
const sos = 0xda;
const dri = 0xdd;
const app0 = 0xe0;
const app1 = 0xe1;
const app14 = 0xee;
const app15 = 0xef;
const comment = 0xfe;
const adobeBytes = 12;
/** Frame headers by marker: all but DHT (C4), JPG (C8) and DAC (CC) between C0 and CF (ITU-T T.81, table B.1). */
const noFrames = [0xc4, 0xc8, 0xcc];
const processNames: Readonly<Record<number, string>> = {
  195: 'lossless',
  197: 'hierarchical',
  198: 'hierarchical',
  199: 'hierarchical',
  201: 'arithmetically coded',
  202: 'arithmetically coded',
  203: 'lossless',
  205: 'hierarchical',
  206: 'hierarchical',
  207: 'hierarchical',
};
const baselineFrames = [0xc0, 0xc1];

/** What a frame header says (ITU-T T.81, B.2.2). */
export interface JpegFrame {
  readonly marker: number;
  /** Bits a sample. */
  readonly precision: number;
  /** Sampling of the first component relative to the others. */
  readonly subsampling: readonly [number, number];
}

interface Segment {
  readonly marker: number;
  /** Position of the marker's 0xFF. */
  readonly start: number;
  readonly end: number;
}

/** The first frame header of a JPEG stream; undefined if there is none. */
export function jpegFrame(bytes: Uint8Array): JpegFrame | undefined {
  for (const { marker, start, end } of headerSegments(bytes)) {
    if (marker < 0xc0 || marker > 0xcf || noFrames.includes(marker)) continue;
    if (end - start < 13) return undefined;
    const sampling = bytes[start + 11]!;
    return { marker, precision: bytes[start + 4]!, subsampling: [sampling >> 4, sampling & 15] };
  }
  return undefined;
}

/**
 * The same image without what decoders warn of although no pixel is missing: stray bytes between the header's
 * segments, tags of odd length or version, spectral selections in a sequential scan. Behind the first scan header
 * nothing is changed, for there a warning means damage. Throws `corrupt-image` for a file without a frame or an end
 * mark, and `unsupported-encoding` naming a process that is not read.
 */
export function plainJpeg(bytes: Uint8Array): Uint8Array {
  const frame = jpegFrame(bytes);
  if (!frame) throw corruptImage('JPEG', 'it has no frame header');
  const process = processNames[frame.marker] ?? (frame.precision === 8 ? undefined : `${frame.precision}-bit`);
  if (process) {
    throw new ImageError(
      'unsupported-encoding',
      `The file is a JPEG of the ${process} kind, which is not supported; save it as PNG.`,
    );
  }
  const pieces: Uint8Array[] = [Uint8Array.of(0xff, soi)];
  for (const segment of headerSegments(bytes)) {
    if (segment.marker === sos) {
      const header = pieces.reduce((sum, { length }) => sum + length, 0);
      const plain = Buffer.concat([...pieces, bytes.subarray(segment.start)]);
      if (baselineFrames.includes(frame.marker)) resetSpectralSelection(plain.subarray(header));
      return plain;
    }
    if (isKept(segment, bytes)) pieces.push(bytes.subarray(segment.start, segment.end));
  }
  throw corruptImage('JPEG', 'it has no scan');
}

/**
 * Whether a sequential image of one scan has the restart marks that its size asks for, in their order, and behind
 * them its end mark, so that no interval is missing (ITU-T T.81, B.2.4.4 and E.1.4).
 */
export function hasAllIntervals(bytes: Uint8Array): boolean {
  let interval = 0;
  let units = 0;
  for (const { marker, start, end } of headerSegments(bytes)) {
    if (marker === dri) interval = uint16(bytes, start + 4);
    else if (baselineFrames.includes(marker)) units = unitsOf(bytes, start);
    else if (marker === sos) {
      const restarts = interval === 0 ? 0 : Math.ceil(units / interval) - 1;
      return units > 0 && restartsUntilEnd(bytes, end) === restarts;
    }
  }
  return false;
}

/** Units that are coded one after another (MCUs) in an image whose components share one scan. */
function unitsOf(bytes: Uint8Array, frameStart: number): number {
  const [height, width] = [uint16(bytes, frameStart + 5), uint16(bytes, frameStart + 7)];
  const components = bytes[frameStart + 9]!;
  const samplings = Array.from({ length: components }, (_, i) => bytes[frameStart + 11 + 3 * i] ?? 0x11);
  const across = components === 1 ? 1 : Math.max(...samplings.map((sampling) => sampling >> 4));
  const down = components === 1 ? 1 : Math.max(...samplings.map((sampling) => sampling & 15));
  return Math.ceil(width / (8 * across)) * Math.ceil(height / (8 * down));
}

/** Restart marks in order up to the end mark; undefined if another mark or none comes first. */
function restartsUntilEnd(bytes: Uint8Array, scanStart: number): number | undefined {
  let restarts = 0;
  for (let at = scanStart; at + 1 < bytes.length; at++) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff || marker === 0 || marker === 0xff) continue;
    if (marker === eoi) return restarts;
    if (marker !== rst0 + (restarts % 8)) return undefined;
    restarts++;
  }
  return undefined;
}

/** Segments up to the first scan header, that included; what lies between them is passed over, as decoders do. */
export function* headerSegments(bytes: Uint8Array): Generator<Segment> {
  for (let at = 2; at + 4 <= bytes.length; ) {
    const marker = bytes[at + 1]!;
    const isMarker = bytes[at] === 0xff && marker >= 0xc0 && marker < 0xff && !(marker >= 0xd0 && marker <= soi);
    if (!isMarker) {
      at++;
      continue;
    }
    if (marker === eoi) return;
    const end = at + 2 + uint16(bytes, at + 2);
    if (end > bytes.length) return;
    yield { marker, start: at, end };
    if (marker === sos) return;
    at = end;
  }
}

/** Whether a segment stays: of the application's those that say how colours are stored and which way is up. */
function isKept({ marker, start, end }: Segment, bytes: Uint8Array): boolean {
  if (marker === comment) return false;
  if (marker < app0 || marker > app15) return true;
  const name = String.fromCharCode(...bytes.subarray(start + 4, start + 9));
  switch (marker) {
    case app0:
      return name === 'JFIF\0' && bytes[start + 9] === 1;
    case app1:
      return name === 'Exif\0';
    case app14:
      return name === 'Adobe' && end - start - 4 >= adobeBytes;
    default:
      return false;
  }
}

/** A sequential scan has all coefficients; some writers leave other numbers there (ITU-T T.81, B.2.3). */
function resetSpectralSelection(scan: Uint8Array): void {
  const end = 2 + uint16(scan, 2);
  scan.set([0, 63, 0], end - 3);
}

function uint16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) + bytes[offset + 1]!;
}
