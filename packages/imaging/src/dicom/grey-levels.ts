import type { GreyMapping } from '../greys/file-interest.js';
import { robustRange, robustRangeOf, stretchNote, type ValueWindow, windowedGrey } from '../image/window.js';
import { type ModalityTransform, modalityRange, modalityValue } from './modality-transform.js';
import { type FrameSamples, rawCodes, storableRange, storedValue, storedValueReader } from './stored-values.js';

/** What makes greys of the samples of a frame. */
export interface GreyRendering {
  readonly signed: boolean;
  readonly modality: ModalityTransform;
  /** Without one the values are stretched from their own robust range. */
  readonly mapping: GreyMapping | undefined;
  /** Stored values that are no image (PS3.3, C.7.5.1.1.2) and do not count for the range. */
  readonly padding: ValueWindow | undefined;
  /** Small values are white. */
  readonly inverted: boolean;
}

interface Greys {
  readonly data: Uint8Array;
  readonly note: string;
}

/**
 * Greys of 8 bits, one a pixel. Of samples of at most 16 bits a table is filled once and applied in one pass, so that
 * the greys are all that is held besides the samples.
 */
export function greyLevels(frame: FrameSamples, rendering: GreyRendering): Greys {
  return frame.samples instanceof Uint32Array
    ? wideGreys(frame, frame.samples, rendering)
    : tabulatedGreys(frame, rendering);
}

function tabulatedGreys(frame: FrameSamples, rendering: GreyRendering): Greys {
  const { samples } = frame;
  const occurrences = new Uint32Array(rawCodes(frame));
  for (let i = 0; i < samples.length; i++) occurrences[samples[i]!]! += 1;
  const mapping = rendering.mapping ?? stretch(countedRange(frame, occurrences, rendering));
  const table = new Uint8Array(occurrences.length);
  for (let code = 0; code < table.length; code++) {
    if (occurrences[code]! > 0) table[code] = shownGrey(mapping, rendering, storedValue(code, frame, rendering.signed));
  }
  const data = new Uint8Array(samples.length);
  for (let i = 0; i < data.length; i++) data[i] = table[samples[i]!]!;
  return { data, note: mapping.note };
}

/** The robust range of the values of an image, by how often each sample occurs. */
function countedRange(frame: FrameSamples, occurrences: Uint32Array, rendering: GreyRendering): ValueWindow | null {
  const { modality, signed, padding } = rendering;
  const { low, high } = modality.table ? modalityRange(modality, { low: 0, high: 0 }) : storableRange(frame, signed);
  const counts = new Uint32Array(high - low + 1);
  for (let code = 0; code < occurrences.length; code++) {
    if (occurrences[code] === 0) continue;
    const stored = storedValue(code, frame, signed);
    if (isPadding(stored, padding)) continue;
    counts[(modality.table ? modalityValue(modality, stored) : stored) - low]! += occurrences[code]!;
  }
  const range = robustRange({ first: low, counts });
  return range && !modality.table ? modalityRange(modality, range) : range;
}

/** Samples of 32 bits, of which there is no table. */
function wideGreys(frame: FrameSamples, samples: Uint32Array, rendering: GreyRendering): Greys {
  const mapping = rendering.mapping ?? stretch(wideRange(frame, samples, rendering));
  const read = storedValueReader(frame, rendering.signed);
  const data = new Uint8Array(samples.length);
  for (let i = 0; i < data.length; i++) {
    data[i] = shownGrey(mapping, rendering, read(samples[i]!));
  }
  return { data, note: mapping.note };
}

function wideRange(frame: FrameSamples, samples: Uint32Array, rendering: GreyRendering): ValueWindow | null {
  const { modality, signed, padding } = rendering;
  const values = signed ? new Int32Array(samples.length) : new Uint32Array(samples.length);
  const read = storedValueReader(frame, signed);
  let count = 0;
  for (let i = 0; i < samples.length; i++) {
    const value = read(samples[i]!);
    if (!isPadding(value, padding)) values[count++] = value;
  }
  const range = robustRangeOf(values.subarray(0, count));
  return range && modalityRange(modality, range);
}

function isPadding(stored: number, padding: ValueWindow | undefined): boolean {
  return padding !== undefined && stored >= padding.low && stored <= padding.high;
}

function stretch(range: ValueWindow | null): GreyMapping {
  const window = range ?? { low: 0, high: 0 };
  return { grey: (value) => windowedGrey(value, window), note: stretchNote(window) };
}

function shownGrey(mapping: GreyMapping, { modality, inverted }: GreyRendering, stored: number): number {
  const grey = mapping.grey(modalityValue(modality, stored));
  return inverted ? 255 - grey : grey;
}
