import type { ValueWindow } from '../image/window.js';

/** The first window of a file (PS3.3, C.11.2.1.2), in values. */
export interface FileWindow {
  readonly centre: number;
  readonly width: number;
  readonly function: 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';
}

/** A file's table of values of interest (PS3.3, C.11.2.1.1), as the greys of 8 bits that it leads to. */
export interface FileTable {
  /**
   * The value that the first grey stands for; smaller values take it too, and those beyond the last grey take the last.
   */
  readonly firstValue: number;
  /** At most 65,536 bytes, deflated without header (RFC 1951) and in base64. */
  readonly greys: string;
}

/** Units that values are in by themselves: defined terms of Rescale Type (PS3.3, C.11.1.1.2). */
export const valueUnits = ['HU', 'HU_MOD', 'OD', 'MGML', 'Z_EFF', 'ED', 'EDW', 'PCT'] as const;

export type ValueUnit = (typeof valueUnits)[number];

/** What the stored numbers of a grey picture mean: `value = slope * stored + intercept`. */
export interface GreyPixels {
  /** Bits that the numbers of the file use. */
  readonly bits: number;
  readonly slope: number;
  readonly intercept: number;
  /** Only of values that mean the same in every file. */
  readonly unit?: ValueUnit | undefined;
  /** Stored numbers in this range, ends included, are no part of the picture. */
  readonly padding?: ValueWindow | undefined;
  /** Small values are white. */
  readonly inverted?: true | undefined;
  readonly window?: FileWindow | undefined;
  readonly table?: FileTable | undefined;
}

/** A grey picture deeper than 8 bits, before its values become greys of 8 bits. */
export interface GreyValues {
  readonly width: number;
  readonly height: number;
  /** Row-major, `width * height` stored numbers; they may be a view into the bytes of the file, not to be written. */
  readonly stored: Uint16Array;
  readonly pixels: GreyPixels;
}

/** How many different numbers can be stored. */
export const storedCodes = 0x10000;

/** Whether a stored number is no part of the picture. */
export function isPadding(code: number, { padding }: Pick<GreyPixels, 'padding'>): boolean {
  return padding !== undefined && code >= padding.low && code <= padding.high;
}

/**
 * The value of a stored number. Rounded to a millionth of the slope's own size, so that files with different slopes
 * that mean the same value give the same number.
 */
export function valueReader({ slope, intercept }: GreyPixels): (code: number) => number {
  const quantum = 2 ** (Math.floor(Math.log2(Math.abs(slope))) - 20);
  return (code) => Math.round((slope * code + intercept) / quantum) * quantum;
}
