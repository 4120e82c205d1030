import { channelsOf, type ImageMode } from '../image/decoded-image.js';
import { corruptImage } from '../image/image-error.js';
import type { RasterSamples } from './samples.js';

const headerBytes = 13;
const screenFlagsOffset = 10;
const extensionBlock = 0x21;
const imageDescriptor = 0x2c;
const trailer = 0x3b;
const graphicControl = 0xf9;
const controlBytes = 4;
/** Bit of a graphic control extension that says that one colour is transparent. */
const transparentPixel = 1;
const descriptorBytes = 10;

/** The first frame of a GIF. */
export interface GifFrame {
  /** `[r, g, b]` times its colours. */
  readonly palette: Uint8Array;
  /**
   * The file without the mark of a transparent colour, for what lies under it to be that colour as in the reference.
   */
  readonly opaque: Uint8Array;
  /** Columns and rows of the picture that the frame fills: left, top, width, height. */
  readonly place: readonly [number, number, number, number];
  /** Colour of the pixels around it: the transparent one, else the first of the palette, as in the reference. */
  readonly ground: Uint8Array;
}

/**
 * Walks all blocks of a GIF to its trailer (GIF89a, appendix A). Throws `corrupt-image` for a file that ends early or
 * holds no frame.
 */
export function readGifFrame(bytes: Uint8Array): GifFrame {
  const opaque = Uint8Array.from(bytes);
  const globalBytes = paletteBytes(byteAt(bytes, screenFlagsOffset));
  let frame: Omit<GifFrame, 'opaque'> | undefined;
  let transparent = 0;
  for (const { extension, start } of gifBlocks(bytes)) {
    if (extension !== undefined) {
      const isControl = extension === graphicControl && byteAt(bytes, start + 2) === controlBytes;
      if (isControl && !frame) {
        transparent = byteAt(bytes, start + 3) & transparentPixel ? byteAt(bytes, start + 6) : 0;
        opaque[start + 3]! &= ~transparentPixel;
      }
    } else if (!frame) {
      const localBytes = paletteBytes(byteAt(bytes, start + descriptorBytes - 1));
      const paletteStart = localBytes > 0 ? start + descriptorBytes : headerBytes;
      const palette = bytes.subarray(paletteStart, paletteStart + (localBytes || globalBytes));
      const place = [uint16(bytes, start + 1), uint16(bytes, start + 3), uint16(bytes, start + 5)] as const;
      frame = {
        palette,
        ground: palette.subarray(3 * transparent, 3 * transparent + 3),
        place: [...place, uint16(bytes, start + 7)],
      };
    }
  }
  if (!frame) throw corruptImage('GIF', 'it holds no frame');
  return { ...frame, opaque };
}

/** A block of a GIF between its screen with the global palette and its trailer. */
interface GifBlock {
  /** The label of an extension; undefined for a frame. */
  readonly extension: number | undefined;
  readonly start: number;
  readonly end: number;
}

/** All blocks up to the trailer. Throws `corrupt-image` for a file that ends before it. */
export function* gifBlocks(bytes: Uint8Array): Generator<GifBlock> {
  for (let start = headerBytes + paletteBytes(byteAt(bytes, screenFlagsOffset)); ; ) {
    const block = byteAt(bytes, start);
    if (block === trailer) return;
    if (block !== extensionBlock && block !== imageDescriptor) throw corruptImage('GIF', 'a block has no known type');
    const extension = block === extensionBlock ? byteAt(bytes, start + 1) : undefined;
    const end = extension === undefined ? frameEnd(bytes, start) : afterSubBlocks(bytes, start + 2);
    yield { extension, start, end };
    start = end;
  }
}

function frameEnd(bytes: Uint8Array, start: number): number {
  const localBytes = paletteBytes(byteAt(bytes, start + descriptorBytes - 1));
  const codeSizeBytes = 1;
  return afterSubBlocks(bytes, start + descriptorBytes + localBytes + codeSizeBytes);
}

/**
 * The mode of a GIF: a palette, or grey where the first frame's palette is the grey ramp itself (the reference reads
 * such files as grey).
 */
export function gifMode(palette: Uint8Array): ImageMode {
  const isGreyRamp = palette.length > 0 && palette.every((value, i) => value === Math.floor(i / 3));
  return isGreyRamp ? 'grey' : 'palette';
}

/** Gives the pixels around the frame the colour of the ground; libvips leaves them black. */
export function fillGround(samples: RasterSamples, { place: [left, top, width, height], ground }: GifFrame): void {
  const channels = channelsOf[samples.mode];
  if (left === 0 && top === 0 && width >= samples.width && height >= samples.height) return;
  for (let y = 0; y < samples.height; y++) {
    for (let x = 0; x < samples.width; x++) {
      if (x >= left && x < left + width && y >= top && y < top + height) continue;
      const at = (y * samples.width + x) * channels;
      for (let channel = 0; channel < channels; channel++) samples.data[at + channel] = ground[channel] ?? 0;
    }
  }
}

function afterSubBlocks(bytes: Uint8Array, start: number): number {
  let offset = start;
  while (byteAt(bytes, offset) !== 0) offset += byteAt(bytes, offset) + 1;
  return offset + 1;
}

function paletteBytes(flags: number): number {
  return flags & 0x80 ? 3 << ((flags & 7) + 1) : 0;
}

function uint16(bytes: Uint8Array, offset: number): number {
  return byteAt(bytes, offset) + 256 * byteAt(bytes, offset + 1);
}

function byteAt(bytes: Uint8Array, offset: number): number {
  if (offset >= bytes.length) throw corruptImage('GIF', 'its end is missing');
  return bytes[offset]!;
}
