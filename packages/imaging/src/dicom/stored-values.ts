import type { PixelDescription } from './pixel-description.js';

export type Samples = Uint8Array | Uint16Array | Uint32Array;

/** The samples of a frame, pixel by pixel, before their bits are read. */
export interface FrameSamples {
  /** `rows * columns * samplesPerPixel` numbers; a view into the file's or a codec's memory, not to be written. */
  readonly samples: Samples;
  /** The bits that hold a value, of which the highest is `highBit`. */
  readonly bitsStored: number;
  readonly highBit: number;
  /** Colours that are RGB already, whatever the photometric interpretation says. */
  readonly isRgb: boolean;
}

/** Samples whose bits are as the data set describes them. */
export function describedSamples(samples: Samples, { bitsStored, highBit }: PixelDescription): FrameSamples {
  return { samples, bitsStored, highBit, isRgb: false };
}

/** How many different samples there can be, of 8 or 16 bits. */
export function rawCodes({ samples }: FrameSamples): number {
  return samples instanceof Uint8Array ? 0x100 : 0x10000;
}

type StoredBits = Pick<FrameSamples, 'bitsStored' | 'highBit'>;

/** The value that a sample stores: `bitsStored` bits below and including `highBit`, two's complement where signed. */
export function storedValue(sample: number, bits: StoredBits, signed: boolean): number {
  return storedValueReader(bits, signed)(sample);
}

/** `storedValue` of many samples. */
export function storedValueReader({ bitsStored, highBit }: StoredBits, signed: boolean): (sample: number) => number {
  const lowest = 2 ** (highBit + 1 - bitsStored);
  const range = 2 ** bitsStored;
  const firstNegative = signed ? range / 2 : range;
  return (sample) => {
    const value = Math.floor(sample / lowest) % range;
    return value >= firstNegative ? value - range : value;
  };
}

/** The values of a frame, one a pixel. */
export type StoredValues = Int32Array | Uint32Array;

/** All values of a frame of greys. */
export function storedValues(frame: FrameSamples, signed: boolean): StoredValues {
  const { samples } = frame;
  const values = signed ? new Int32Array(samples.length) : new Uint32Array(samples.length);
  const read = storedValueReader(frame, signed);
  for (let i = 0; i < values.length; i++) values[i] = read(samples[i]!);
  return values;
}

/** Smallest and largest value that can be stored. */
export function storableRange({ bitsStored }: Pick<FrameSamples, 'bitsStored'>, signed: boolean) {
  return signed
    ? { low: -(2 ** (bitsStored - 1)), high: 2 ** (bitsStored - 1) - 1 }
    : { low: 0, high: 2 ** bitsStored - 1 };
}
