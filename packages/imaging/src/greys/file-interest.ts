import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type ValueWindow, windowedGrey } from '../image/window.js';
import { type FileTable, type FileWindow, type GreyPixels, storedCodes } from './grey-values.js';

/** How values become greys. */
export interface GreyMapping {
  /** 0..255 for a value. */
  readonly grey: (value: number) => number;
  readonly note: string;
}

/** What a file says is of interest, as a mapping: its window, else its table; undefined where it says neither. */
export function fileMapping({ window, table }: Pick<GreyPixels, 'window' | 'table'>): GreyMapping | undefined {
  return window ? windowMapping(window) : table && tableMapping(table);
}

function windowMapping({ centre, width, function: name }: FileWindow): GreyMapping {
  return { grey: windowedBy(name, centre, width), note: `window of centre ${centre} and width ${width}` };
}

function tableMapping({ firstValue, greys }: FileTable): GreyMapping {
  const entries = inflateRawSync(Buffer.from(greys, 'base64'), { maxOutputLength: storedCodes });
  const last = entries.length - 1;
  return {
    grey: (value) => entries[Math.min(Math.max(Math.round(value) - firstValue, 0), last)]!,
    note: 'window table of the file',
  };
}

/** A table of greys, one a value from `firstValue` on, as a record keeps it: deflated, in base64. */
export function packedTable(firstValue: number, greys: Uint8Array): FileTable {
  return { firstValue, greys: deflateRawSync(greys).toString('base64') };
}

/** PS3.3, C.11.2.1.2 and C.11.2.1.3. */
function windowedBy(name: FileWindow['function'], centre: number, width: number): (value: number) => number {
  if (name === 'SIGMOID') return (value) => Math.round(255 / (1 + Math.exp((-4 * (value - centre)) / width)));
  // The usual function has no width below 1, where only the exact one says what is meant.
  if (name === 'LINEAR_EXACT' || width < 1) return within({ low: centre - width / 2, high: centre + width / 2 });
  if (width === 1) return (value) => (value <= centre - 0.5 ? 0 : 255);
  return within({ low: centre - 0.5 - (width - 1) / 2, high: centre - 0.5 + (width - 1) / 2 });
}

function within(window: ValueWindow): (value: number) => number {
  return (value) => windowedGrey(value, window);
}
