import { corruptImage } from '../image/image-error.js';
import type { Attributes } from './attributes.js';
import { type LookupTable, lookUp, readDescriptor, readLookupTable, type TableDescriptor } from './lookup-table.js';
import { type FrameSamples, rawCodes, storedValue } from './stored-values.js';

/** Tags of descriptor, data and segmented data of red, green and blue. */
const channelTags = ['1', '2', '3'].map((channel) => ({
  descriptor: `x0028110${channel}`,
  data: `x0028120${channel}`,
  segmented: `x0028122${channel}`,
}));

/** The tables of red, green and blue (PS3.3, C.7.6.3.1.5 and C.7.6.3.1.6). Throws `corrupt-image`. */
export function readPalette(attributes: Attributes, signed: boolean): readonly LookupTable[] {
  return channelTags.map(({ descriptor, data, segmented }) => {
    if (attributes.value(data) || !attributes.value(segmented)) {
      return readLookupTable(attributes, descriptor, data, signed);
    }
    const described = readDescriptor(attributes, descriptor, signed);
    return { ...described, entries: expandSegments(attributes, segmented, described) };
  });
}

/** RGB of indices into a palette, `pixels * 3` bytes. */
export function paletteRgb(palette: readonly LookupTable[], frame: FrameSamples, signed: boolean): Uint8Array {
  const codes = rawCodes(frame);
  const colours = new Uint8Array(codes * 3);
  palette.forEach((table, channel) => {
    const shift = Math.max(table.bitsPerEntry - 8, 0);
    for (let code = 0; code < codes; code++) {
      colours[3 * code + channel] = lookUp(table, storedValue(code, frame, signed)) >> shift;
    }
  });
  const { samples } = frame;
  const rgb = new Uint8Array(samples.length * 3);
  for (let i = 0, at = 0; i < samples.length; i++) {
    const colour = 3 * samples[i]!;
    rgb[at++] = colours[colour]!;
    rgb[at++] = colours[colour + 1]!;
    rgb[at++] = colours[colour + 2]!;
  }
  return rgb;
}

/** Expands discrete, linear and indirect segments (PS3.3, C.7.9.2) to the number of entries that is described. */
function expandSegments(attributes: Attributes, tag: string, { count, bitsPerEntry }: TableDescriptor): Uint16Array {
  const words = attributes.words(tag, false);
  const isNarrow = bitsPerEntry <= 8;
  const values = isNarrow ? words.flatMap((word) => [word & 0xff, word >> 8]) : words;
  const entries: number[] = [];
  /** Expands up to `most` segments from a place on; indirect ones only at the outermost level. */
  const expand = (begin: number, most: number, isOuter: boolean) => {
    let at = begin;
    const next = () => {
      const value = values[at++];
      if (value === undefined) throw corruptImage('DICOM', 'a segmented palette is cut short');
      return value;
    };
    for (let segment = 0; segment < most && entries.length < count; segment++) {
      const kind = next();
      const length = next();
      if (kind === 0) for (let i = 0; i < length; i++) entries.push(next());
      else if (kind === 1) entries.push(...ramp(entries.at(-1), next(), length));
      else if (kind === 2 && isOuter) {
        const parts = isNarrow ? [next(), next(), next(), next()] : [next(), next()];
        const offset = parts.reduceRight((sum, part) => sum * (isNarrow ? 0x100 : 0x10000) + part, 0);
        expand(offset, length, false);
      } else throw corruptImage('DICOM', 'a segmented palette has a segment of no known kind');
    }
  };
  expand(0, Number.POSITIVE_INFINITY, true);
  return Uint16Array.from(entries.slice(0, count));
}

/** `length` values from behind `start` to `end`, halves rounded to even. */
function ramp(start: number | undefined, end: number, length: number): number[] {
  if (start === undefined) throw corruptImage('DICOM', 'a segmented palette begins with no value');
  return Array.from({ length }, (_, i) => {
    const value = start + ((end - start) * (i + 1)) / length;
    const below = Math.floor(value);
    return value - below === 0.5 ? below + (below % 2) : Math.round(value);
  });
}
