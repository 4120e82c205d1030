import type { Value } from '@mediclip/onnx-graph';
import { WeightsError } from '../weights-error.js';

/** Refuses taps outside `first` to `last`, and an empty list. */
export function checkTaps(taps: readonly number[], first: number, last: number): void {
  const unknown = taps.find((tap) => !(Number.isInteger(tap) && tap >= first && tap <= last));
  if (unknown !== undefined || taps.length === 0) {
    const said = unknown === undefined ? 'No tap was given' : `The image tower has no tap ${unknown}`;
    throw new WeightsError('unknown-tap', `${said}; choose from ${first} to ${last}.`);
  }
}

/** Refuses pixels whose shape is not [batch, 3, side, side]. */
export function checkPixels({ shape }: Value, side: number): void {
  if (shape.length !== 4 || shape[1] !== 3 || shape[2] !== side || shape[3] !== side) {
    throw new RangeError(`The image tower takes pixels [batch, 3, ${side}, ${side}], not [${shape.join(', ')}].`);
  }
}

/** Refuses an input side that the image tower cannot divide into whole cells of `step` pixels. */
export function checkSide(side: number, step: number): void {
  if (!(Number.isInteger(side / step) && side > 0)) {
    throw new WeightsError('bad-configuration', `The input side must be a multiple of ${step} pixels, not ${side}.`);
  }
}
