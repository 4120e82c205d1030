import { foregroundValues, percentileOf } from './foreground.js';
import type { GreyValues, ValueUnit } from './grey-values.js';
import { type Intensity, usualPercentiles, type WantedIntensity, windowPresets } from './intensity.js';

/** What a choice of intensity needs to know of a picture deeper than 8 bits. */
export interface GreyStatistics {
  readonly unit?: ValueUnit | undefined;
  /** Whether the file has a window, or a table of values of interest. */
  readonly hasWindow: boolean;
  /** Percentiles 0 to 100 of the values without padding and background, evenly spaced; empty where all is padding. */
  readonly percentiles: readonly number[];
}

const points = 1001;

export function greyStatistics(values: GreyValues): GreyStatistics {
  const { unit, window, table } = values.pixels;
  const foreground = foregroundValues(values);
  const percentiles =
    foreground.length === 0
      ? []
      : Array.from({ length: points }, (_, i) => percentileOf(foreground, (100 * i) / (points - 1)));
  return { ...(unit && { unit }), hasWindow: window !== undefined || table !== undefined, percentiles };
}

/** The intensity that is wanted, where it needs no look at the shots: anything but `auto`. */
export function givenIntensity(wanted: WantedIntensity | undefined): Intensity | undefined {
  if (wanted === undefined || wanted.kind === 'auto') return undefined;
  if (wanted.kind !== 'preset') return wanted;
  return { kind: 'window', ...windowPresets[wanted.name], unit: 'HU' };
}

/**
 * The intensity of a model, chosen by its shots alone where `auto`, the default, is wanted: of values in one unit (CT)
 * one window over all shots, percentiles 0.5 to 99.5 of them all; of files that all have a window their own; of others
 * these percentiles of each picture. Undefined where no shot (`statistics` are of those deeper than 8 bits) has values
 * to choose by: pictures are then shown as for people.
 */
export function chosenIntensity(
  wanted: WantedIntensity | undefined,
  statistics: readonly GreyStatistics[],
): Intensity | undefined {
  const given = givenIntensity(wanted);
  if (given) return given;
  const [first] = statistics;
  if (first === undefined) return undefined;
  const { unit } = first;
  const pooled = Float64Array.from(statistics.flatMap(({ percentiles }) => percentiles)).sort();
  if (unit !== undefined && pooled.length > 0 && statistics.every((other) => other.unit === unit)) {
    return {
      ...windowOver(percentileOf(pooled, usualPercentiles.low), percentileOf(pooled, usualPercentiles.high)),
      unit,
    };
  }
  return statistics.every(({ hasWindow }) => hasWindow) ? { kind: 'file' } : usualPercentiles;
}

/** Six digits are more than any scanner has. */
function windowOver(low: number, high: number) {
  const rounded = (value: number) => Number(value.toPrecision(6));
  const centre = rounded((low + high) / 2);
  // A picture of one value has no width, and a window needs one.
  return { kind: 'window' as const, centre, width: rounded(high - low) || Math.max(Math.abs(centre), 1) * 1e-6 };
}
