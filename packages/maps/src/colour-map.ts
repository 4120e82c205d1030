import { interpolateInferno } from 'd3-scale-chromatic';

const steps = 256;

/**
 * Inferno, a perceptually even colour map from black over red to pale yellow: `[256, 3]` RGB bytes. Every picture of a
 * map takes its colours from here.
 */
export const inferno: Uint8Array = Uint8Array.from(
  Array.from({ length: steps }, (_, i) => {
    const hex = interpolateInferno(i / (steps - 1));
    return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  }).flat(),
);

/** Offset in `inferno` of the colour of a probability; values outside of 0 to 1 take the end colours. */
export function infernoOffset(value: number): number {
  return Math.round(Math.min(Math.max(value, 0), 1) * (steps - 1)) * 3;
}
