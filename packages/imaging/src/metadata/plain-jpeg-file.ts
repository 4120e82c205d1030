import { headerSegments } from '../raster/jpeg.js';
import { orientationBlock } from './orientation-block.js';

const soi = 0xd8;
const eoi = 0xd9;
const sos = 0xda;
const app0 = 0xe0;
const app1 = 0xe1;
const app2 = 0xe2;
const app14 = 0xee;
const app15 = 0xef;
const comment = 0xfe;
const firstSegmentMarker = 0xc0;
/** Bytes of a segment before its content: marker and length. */
const headBytes = 4;
/** JFIF's content without its small picture, and Adobe's. */
const jfifBytes = 14;
const adobeBytes = 12;

/**
 * The same JPEG stream without comments, tags of applications (EXIF, XMP, IPTC …) and what lies behind its end. What
 * says how colours are stored stays, and a colour profile; of EXIF only which way is up.
 */
export function plainJpegFile(bytes: Uint8Array, orientation: number): Uint8Array {
  const pieces: Uint8Array[] = [Uint8Array.of(0xff, soi)];
  if (orientation !== 1) {
    pieces.push(segment(app1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), orientationBlock(orientation)])));
  }
  for (const { marker, start, end } of headerSegments(bytes)) {
    if (marker === sos) pieces.push(...scans(bytes, start, end));
    else if (isTag(marker)) pieces.push(...keptOfTag(marker, bytes.subarray(start + headBytes, end)));
    else pieces.push(bytes.subarray(start, end));
  }
  return Buffer.concat(pieces);
}

/** Overwrites the contents of comments and tags with zeros, where a stream must keep its length. */
export function blankTags(stream: Uint8Array): void {
  for (const { marker, start, end } of headerSegments(stream)) {
    if (isTag(marker) && marker !== app14) stream.fill(0, start + headBytes, end);
  }
}

const isTag = (marker: number) => marker === comment || (marker >= app0 && marker <= app15);

function keptOfTag(marker: number, content: Uint8Array): Uint8Array[] {
  const begins = (name: string) => Buffer.from(content.subarray(0, name.length)).toString('latin1') === name;
  if (marker === app0 && begins('JFIF\0') && content.length >= jfifBytes) {
    return [segment(app0, [...content.subarray(0, jfifBytes - 2), 0, 0])];
  }
  if (marker === app2 && begins('ICC_PROFILE\0')) return [segment(app2, content)];
  if (marker === app14 && begins('Adobe') && content.length >= adobeBytes) {
    return [segment(app14, content.subarray(0, adobeBytes))];
  }
  return [];
}

function segment(marker: number, content: ArrayLike<number>): Uint8Array {
  const length = content.length + 2;
  return Uint8Array.from([0xff, marker, length >> 8, length & 0xff, ...Array.from(content)]);
}

/** From the first scan's header to the end mark, without tags between the scans. */
function scans(bytes: Uint8Array, begin: number, headerEnd: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let from = begin;
  for (let at = headerEnd; ; ) {
    const mark = bytes.indexOf(0xff, at);
    const marker = bytes[mark + 1];
    if (mark < 0 || marker === undefined) return [...pieces, bytes.subarray(from)];
    if (marker === eoi) return [...pieces, bytes.subarray(from, mark + 2)];
    if (marker === 0xff) {
      at = mark + 1;
    } else if (marker < firstSegmentMarker || (marker >= 0xd0 && marker <= soi)) {
      at = mark + 2;
    } else {
      const end = mark + 2 + ((bytes[mark + 2] ?? 0) << 8) + (bytes[mark + 3] ?? 0);
      if (isTag(marker)) {
        pieces.push(bytes.subarray(from, mark));
        from = end;
      }
      at = Math.max(end, mark + 2);
    }
  }
}
