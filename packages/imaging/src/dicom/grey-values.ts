import { type GreyPixels, storedCodes, type ValueUnit, valueUnits } from '../greys/grey-values.js';
import { sixteenBits } from '../greys/sixteen-bits.js';
import type { ValueWindow } from '../image/window.js';
import type { Attributes } from './attributes.js';
import type { FrameAttributes } from './frame-attributes.js';
import { type ModalityTransform, modalityValue, pixelValueTransformation } from './modality-transform.js';
import {
  countedValues,
  type FrameSamples,
  type Samples,
  storableRange,
  storedValue,
  storedValues,
} from './stored-values.js';

/** What turns the samples of a frame into values. */
export interface ValueReading {
  readonly signed: boolean;
  readonly modality: ModalityTransform;
  /** Stored values that are no part of the picture. */
  readonly padding: ValueWindow | undefined;
}

/** The stored numbers of a frame and what they mean. */
interface StoredGreys {
  readonly stored: Uint16Array;
  readonly pixels: Pick<GreyPixels, 'bits' | 'slope' | 'intercept' | 'padding'>;
  readonly notes: readonly string[];
}

/**
 * The greys of a frame as numbers of 16 bits: stored values counted from the smallest that there can be, or what a
 * modality table makes of them; values of 32 bits are scaled where they need to be.
 */
export function storedGreys(frame: FrameSamples, reading: ValueReading): StoredGreys {
  const { samples } = frame;
  if (samples instanceof Uint32Array) return wideGreys(frame, reading);
  return reading.modality.table ? tabulatedGreys(frame, samples, reading) : countedGreys(frame, reading);
}

type NarrowSamples = Exclude<Samples, Uint32Array>;

function countedGreys(frame: FrameSamples, { signed, modality, padding }: ValueReading) {
  const { low, high } = storableRange(frame, signed);
  const isPossible = padding && padding.high >= low && padding.low <= high;
  const slope = modality.table ? 1 : modality.slope;
  return {
    stored: countedValues(frame, signed),
    pixels: {
      bits: frame.bitsStored,
      slope,
      intercept: modalityValue(modality, low),
      ...(isPossible && {
        padding: { low: Math.max(padding.low, low) - low, high: Math.min(padding.high, high) - low },
      }),
    },
    notes: [],
  };
}

/** What a modality table makes of each value. Padding gets a number that no value has, while there is one. */
function tabulatedGreys(frame: FrameSamples, samples: NarrowSamples, { signed, modality, padding }: ValueReading) {
  const isPadding = (sample: number) => {
    const value = storedValue(sample, frame, signed);
    return padding !== undefined && value >= padding.low && value <= padding.high;
  };
  const outputOf = (sample: number) => modalityValue(modality, storedValue(sample, frame, signed));
  const isTaken = new Uint8Array(storedCodes);
  let hasPadding = false;
  for (let i = 0; i < samples.length; i++) {
    if (isPadding(samples[i]!)) hasPadding = true;
    else isTaken[outputOf(samples[i]!)] = 1;
  }
  const free = hasPadding ? isTaken.lastIndexOf(0) : -1;
  return {
    stored: mapped(samples, (sample) => (free >= 0 && isPadding(sample) ? free : outputOf(sample))),
    pixels: { bits: 16, slope: 1, intercept: 0, ...(free >= 0 && { padding: { low: free, high: free } }) },
    notes: [],
  };
}

function wideGreys(frame: FrameSamples, { signed, modality, padding }: ValueReading): StoredGreys {
  const isPadding = (value: number) => padding !== undefined && value >= padding.low && value <= padding.high;
  const { stored, pixels, notes } = sixteenBits(storedValues(frame, signed), isPadding);
  if (modality.table) return { stored, pixels, notes };
  const { slope, intercept } = modality;
  return {
    stored,
    pixels: { ...pixels, slope: slope * pixels.slope, intercept: slope * pixels.intercept + intercept },
    notes,
  };
}

/** A table of all samples that there can be is filled once. */
function mapped(samples: NarrowSamples, codeOf: (sample: number) => number): Uint16Array {
  const codes = Uint16Array.from({ length: samples instanceof Uint8Array ? 0x100 : storedCodes }, (_, i) => codeOf(i));
  const stored = new Uint16Array(samples.length);
  for (let i = 0; i < stored.length; i++) stored[i] = codes[samples[i]!]!;
  return stored;
}

const rescaleType = 'x00281054';
const rescaleSlope = 'x00281053';

/** The unit of the values: what Rescale Type says, and Hounsfield's for a rescaled CT that says nothing. */
export function unitOf(attributes: Attributes, frames: FrameAttributes, frame: number): ValueUnit | undefined {
  const own = frames.of(pixelValueTransformation, frame);
  const said = own.text(rescaleType);
  if (said !== undefined) return valueUnits.find((unit) => unit === said);
  const isRescaled = own.value(rescaleSlope) !== undefined;
  return isRescaled && attributes.text('x00080060') === 'CT' ? 'HU' : undefined;
}
