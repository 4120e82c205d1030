import type { PixelDescription } from './pixel-description.js';

export type Samples = Uint8Array | Uint16Array | Uint32Array;

/** The samples of a frame, pixel by pixel, before their bits are read. */
export interface FrameSamples {
  /** `rows * columns * samplesPerPixel` numbers; a view into the file's or a codec's memory, not to be written. */
  readonly samples: Samples;
  /** Whether they lie in a codec's memory, which takes them back after use. */
  readonly isLent: boolean;
  /** The bits that hold a value, of which the highest is `highBit`. */
  readonly bitsStored: number;
  readonly highBit: number;
  /** Colours that are RGB already, whatever the photometric interpretation says. */
  readonly isRgb: boolean;
}

/** Samples whose bits are as the data set describes them. */
export function describedSamples(samples: Samples, { bitsStored, highBit }: PixelDescription): FrameSamples {
  return { samples, isLent: false, bitsStored, highBit, isRgb: false };
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

/**
 * Stored values of at most 16 bits, counted from the smallest that there can be: the samples themselves where they are
 * that already, else a copy.
 */
export function countedValues(frame: FrameSamples, signed: boolean): Uint16Array {
  const { samples, isLent, bitsStored, highBit } = frame;
  const unused = highBit + 1 - bitsStored;
  const mask = 2 ** bitsStored - 1;
  if (samples instanceof Uint16Array && !signed && unused === 0 && !hasAnyBit(samples, 0xffff & ~mask)) {
    return isLent ? samples.slice() : samples;
  }
  // In two's complement the smallest value has the sign bit alone.
  const smallest = signed ? 2 ** (bitsStored - 1) : 0;
  const values = new Uint16Array(samples.length);
  for (let i = 0; i < values.length; i++) values[i] = ((samples[i]! >> unused) & mask) ^ smallest;
  return values;
}

/** Whether any sample has one of these bits. Eight samples are looked at a turn, which takes half the time of two. */
function hasAnyBit(samples: Uint16Array, bits: number): boolean {
  if (bits === 0) return false;
  const alone = (samples.byteOffset / 2) % 2;
  const pairs = new Int32Array(samples.buffer, samples.byteOffset + 2 * alone, (samples.length - alone) >> 1);
  let [first, second, third, fourth] = [samples[0]! | samples[samples.length - 1]!, 0, 0, 0];
  let i = 0;
  for (; i + 3 < pairs.length; i += 4) {
    first |= pairs[i]!;
    second |= pairs[i + 1]!;
    third |= pairs[i + 2]!;
    fourth |= pairs[i + 3]!;
  }
  for (; i < pairs.length; i++) first |= pairs[i]!;
  const found = first | second | third | fourth;
  return ((found | (found >>> 16)) & bits) !== 0;
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
