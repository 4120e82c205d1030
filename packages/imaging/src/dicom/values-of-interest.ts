import { type ValueWindow, windowedGrey } from '../image/window.js';
import type { Attributes } from './attributes.js';
import type { FrameAttributes } from './frame-attributes.js';
import { lookUp, tableOfSequence } from './lookup-table.js';

const frameVoiLut = 'x00289132';
const voiLut = 'x00283010';
const windowCentre = 'x00281050';
const windowWidth = 'x00281051';
const windowFunction = 'x00281056';

/** How values become greys. */
export interface GreyMapping {
  /** 0..255 for a value in the modality's unit. */
  readonly grey: (value: number) => number;
  readonly note: string;
}

/**
 * What the file says is of interest in a frame: its first window, else its first table (PS3.3, C.11.2); undefined where
 * it says neither. A window without a positive width is none. `signed` says whether the values that enter a table may
 * be negative, for the descriptor's sign is theirs. Throws `corrupt-image` for a table that is cut short.
 */
export function valuesOfInterest(frames: FrameAttributes, frame: number, signed: boolean): GreyMapping | undefined {
  const own = frames.of(frameVoiLut, frame);
  return windowOf(own) ?? tableOf(own, signed);
}

function windowOf(attributes: Attributes): GreyMapping | undefined {
  const centre = attributes.numbers(windowCentre, 'text')[0];
  const width = attributes.numbers(windowWidth, 'text')[0];
  if (centre === undefined || width === undefined || !Number.isFinite(centre) || !(width > 0)) return undefined;
  if (width === Number.POSITIVE_INFINITY) return undefined;
  return {
    grey: windowedBy(attributes.text(windowFunction) ?? 'LINEAR', centre, width),
    note: `window of centre ${centre} and width ${width}`,
  };
}

function tableOf(attributes: Attributes, signed: boolean): GreyMapping | undefined {
  const table = tableOfSequence(attributes, voiLut, signed);
  if (!table) return undefined;
  const largest = 2 ** table.bitsPerEntry - 1;
  return {
    grey: (value) => Math.min(Math.round((lookUp(table, value) * 255) / largest), 255),
    note: 'window table of the file',
  };
}

/** PS3.3, C.11.2.1.2 and C.11.2.1.3; functions without a known name are linear. */
function windowedBy(name: string, centre: number, width: number): (value: number) => number {
  if (name === 'SIGMOID') return (value) => Math.round(255 / (1 + Math.exp((-4 * (value - centre)) / width)));
  // The usual function has no width below 1, where only the exact one says what is meant.
  if (name === 'LINEAR_EXACT' || width < 1) return within({ low: centre - width / 2, high: centre + width / 2 });
  if (width === 1) return (value) => (value <= centre - 0.5 ? 0 : 255);
  return within({ low: centre - 0.5 - (width - 1) / 2, high: centre - 0.5 + (width - 1) / 2 });
}

function within(window: ValueWindow): (value: number) => number {
  return (value) => windowedGrey(value, window);
}
