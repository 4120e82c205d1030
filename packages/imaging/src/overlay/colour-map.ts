import { interpolateInferno } from 'd3-scale-chromatic';

const STEPS = 256;

/** Inferno, a perceptually even colour map from black over red to pale yellow: `[256, 3]` RGB bytes. */
export const inferno: Uint8Array = Uint8Array.from(
  Array.from({ length: STEPS }, (_, i) => {
    const hex = interpolateInferno(i / (STEPS - 1));
    return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  }).flat(),
);

/** Offset in `inferno` of the colour of `value` in the range `low`..`high`; values outside take the end colours. */
export function infernoOffset(value: number, low: number, high: number): number {
  const share = Math.min(Math.max((value - low) / (high - low), 0), 1);
  return Math.round(share * (STEPS - 1)) * 3;
}
