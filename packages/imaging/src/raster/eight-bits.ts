import { channelsOf } from '../image/decoded-image.js';
import {
  robustRange,
  robustRangeOf,
  stretchNote,
  type ValueWindow,
  valueHistogram,
  windowedGrey,
} from '../image/window.js';
import type { RasterSamples } from './samples.js';

/** The pixels of 8 bits a channel, and what was decided in making them. */
export interface EightBitPixels {
  readonly data: Uint8Array;
  readonly notes: readonly string[];
}

/**
 * Samples of 8 bits as they are; deeper greys stretched from their range without outliers to 0..255; 16-bit colours
 * cut to their highest 8 bits, counted from the highest bit that any colour of the image uses when that is below 13.
 * Deep samples are overwritten, for there may be many.
 */
export function eightBitPixels(samples: RasterSamples): EightBitPixels {
  const { data, mode, notes } = samples;
  if (data instanceof Uint8Array) return { data, notes };
  const made =
    mode === 'grey' || mode === 'greyAlpha'
      ? stretchedGreys(data, channelsOf[mode])
      : reducedColours(data, channelsOf[mode]);
  return { data: made.data, notes: [...notes, ...made.notes] };
}

type DeepValues = Exclude<RasterSamples['data'], Uint8Array>;

function stretchedGreys(values: DeepValues, channels: number): EightBitPixels {
  const range =
    values instanceof Float32Array ? robustRangeOf(values, channels) : robustRange(valueHistogram(values, channels));
  const window = range ?? { low: 0, high: 0 };
  const greyOf = values instanceof Float32Array ? (value: number) => windowedGrey(value, window) : greyTable(window);
  const data = bytesOver(values);
  for (let i = 0; i < values.length; i += channels) {
    data[i] = greyOf(values[i]!);
    if (channels === 2) data[i + 1] = values[i + 1]! >> 8;
  }
  return { data, notes: [stretchNote(window)] };
}

/** Room for one byte a value in the values' own memory; byte `i` may be written once value `i` has been read. */
function bytesOver({ buffer, byteOffset, length }: DeepValues): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

/** The greys of all 16-bit values, signed and unsigned, for they repeat. */
function greyTable(window: ValueWindow): (value: number) => number {
  const smallest = -0x8000;
  const greys = Uint8Array.from({ length: 0x1_8000 }, (_, i) => windowedGrey(i + smallest, window));
  return (value) => greys[value - smallest]!;
}

function reducedColours(values: DeepValues, channels: number): EightBitPixels {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const isAlpha = channels === 4 && i % 4 === 3;
    if (!isAlpha && values[i]! > largest) largest = values[i]!;
  }
  const bits = Math.max(Math.ceil(Math.log2(largest + 1)), 8);
  // Colours of 13 to 16 bits are the whole range, as far as anyone can tell.
  const usedBits = bits > 12 ? 16 : bits;
  const data = bytesOver(values);
  for (let i = 0; i < values.length; i++) {
    const isAlpha = channels === 4 && i % 4 === 3;
    data[i] = values[i]! >> ((isAlpha ? 16 : usedBits) - 8);
  }
  return { data, notes: usedBits === 16 ? [] : [`colours of ${usedBits} bits were reduced to 8`] };
}
