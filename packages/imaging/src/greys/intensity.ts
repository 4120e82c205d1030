/**
 * How values of more than 8 bits become the greys that a detector sees, of 8 bits. Pictures of 8 bits are as they are.
 */
export type Intensity =
  /** The file's own window, else its table, else percentiles 0.5 and 99.5. */
  | { readonly kind: 'file' }
  /** One window for all pictures, from `centre - width / 2` (black) to `centre + width / 2` (white), in values. */
  | { readonly kind: 'window'; readonly centre: number; readonly width: number; readonly unit?: string | undefined }
  /** From percentile `low` to `high` of each picture, padding and background left out. */
  | { readonly kind: 'percentiles'; readonly low: number; readonly high: number };

/** Usual windows of computed tomography, in Hounsfield units. */
export const windowPresets = {
  brain: { centre: 40, width: 80 },
  subdural: { centre: 75, width: 215 },
  stroke: { centre: 40, width: 40 },
  lung: { centre: -600, width: 1500 },
  mediastinum: { centre: 50, width: 350 },
  abdomen: { centre: 40, width: 400 },
  bone: { centre: 480, width: 2500 },
} as const;

type WindowPreset = keyof typeof windowPresets;

/** What may be asked for. */
export type WantedIntensity =
  | Intensity
  | { readonly kind: 'auto' }
  | { readonly kind: 'preset'; readonly name: WindowPreset };

/** The percentiles that are used where nothing else says what to show. */
export const usualPercentiles = { kind: 'percentiles', low: 0.5, high: 99.5 } as const satisfies Intensity;
