import { emptyNote } from '../image/decoded-image.js';
import { robustRange, stretchNote, type ValueWindow, windowedGrey } from '../image/window.js';
import { fileMapping, type GreyMapping } from './file-interest.js';
import { foregroundValues, percentileOf } from './foreground.js';
import { type GreyValues, isPadding, storedCodes, valueReader } from './grey-values.js';
import { type Intensity, usualPercentiles } from './intensity.js';

/** How the values of one picture become greys of 8 bits, and what was decided for that, in words. */
export interface GreyRendering {
  /** The grey of every stored number, [65536]. */
  readonly table: Uint8Array;
  readonly notes: readonly string[];
}

/**
 * How a picture is rendered under an intensity: the one way from values to the greys of 8 bits that are scored, and
 * shown. Without an intensity as for people: the file's window or table, else the range of values stretched, outliers
 * left out.
 */
export function greyRendering(values: GreyValues, intensity?: Intensity): GreyRendering {
  const { table, note } = intensity === undefined ? renderingForPeople(values) : renderingBy(values, intensity);
  return { table, notes: isEmpty(values, table) ? [note, emptyNote] : [note] };
}

function isEmpty({ stored }: GreyValues, table: Uint8Array): boolean {
  for (let i = 1; i < stored.length; i++) if (table[stored[i]!] !== table[stored[0]!]) return false;
  return true;
}

interface NotedTable {
  readonly table: Uint8Array;
  readonly note: string;
}

/** The greys of 8 bits, [height, width], of a picture's stored numbers. */
export function renderedGreys({ stored }: GreyValues, { table }: Pick<GreyRendering, 'table'>): Uint8Array {
  const data = new Uint8Array(stored.length);
  for (let i = 0; i < data.length; i++) data[i] = table[stored[i]!]!;
  return data;
}

function renderingForPeople(values: GreyValues): NotedTable {
  const { pixels } = values;
  const { slope, intercept, inverted } = pixels;
  const mapping = fileMapping(pixels) ?? stretch(values);
  const table = Uint8Array.from({ length: storedCodes }, (_, code) => {
    const grey = mapping.grey(slope * code + intercept);
    return inverted ? 255 - grey : grey;
  });
  return { table, note: mapping.note };
}

function stretch({ stored, pixels }: GreyValues): GreyMapping {
  const counts = new Uint32Array(storedCodes);
  for (let i = 0; i < stored.length; i++) counts[stored[i]!]! += 1;
  if (pixels.padding) counts.fill(0, pixels.padding.low, pixels.padding.high + 1);
  const range = robustRange({ first: 0, counts });
  const ends = range ? [range.low, range.high].map((code) => pixels.slope * code + pixels.intercept) : [0, 0];
  const window = { low: Math.min(...ends), high: Math.max(...ends) };
  return { grey: (value) => windowedGrey(value, window), note: stretchNote(window) };
}

function renderingBy(values: GreyValues, intensity: Intensity): NotedTable {
  const { pixels } = values;
  const { grey, note } = mappingBy(values, intensity);
  const read = valueReader(pixels);
  const table = Uint8Array.from({ length: storedCodes }, (_, code) => {
    if (isPadding(code, pixels)) return 0;
    return pixels.inverted ? 255 - grey(read(code)) : grey(read(code));
  });
  return { table, note };
}

function mappingBy(values: GreyValues, intensity: Intensity): GreyMapping {
  const { pixels } = values;
  switch (intensity.kind) {
    case 'file':
      return fileMapping(pixels) ?? mappingBy(values, usualPercentiles);
    case 'window': {
      const { centre, width, unit } = intensity;
      const window = { low: centre - width / 2, high: centre + width / 2 };
      const doubt = unit !== undefined && unit !== pixels.unit ? `; it is in ${unit}, and the values are not` : '';
      return { grey: evenGrey(window), note: `window of centre ${centre} and width ${width}${doubt}` };
    }
    case 'percentiles': {
      const foreground = foregroundValues(values);
      const window =
        foreground.length === 0
          ? { low: 0, high: 0 }
          : { low: percentileOf(foreground, intensity.low), high: percentileOf(foreground, intensity.high) };
      return { grey: evenGrey(window), note: stretchNote(window) };
    }
  }
}

/** As `windowedGrey`, with halves rounded up even where the value is a millionth of a grey too small. */
function evenGrey({ low, high }: ValueWindow): (value: number) => number {
  if (!(high > low)) return (value) => (value > low ? 255 : 0);
  return (value) => Math.floor(Math.min(Math.max((value - low) / (high - low), 0), 1) * 255 + 0.5 + 1e-6);
}
