import { cutBox, pasteBox } from '../box.js';
import { closing, fillHoles } from './morphology.js';
import { regionBoxes } from './regions.js';

/** The three values that a label of 8-bit pixels can have: no change, one grey level brighter, any other change. */
const labels = [0, 1 - Math.exp(-12.5), 1] as const;
const highestCode = labels.length - 1;

/**
 * The soft label of pixels that were replaced: `1 - exp(-d^2 / (2 * 0.2^2))` under the mask for the 8-bit difference
 * `d`, closed and with its holes filled in the bounding box of each region of the mask, so that a few pixels beside the
 * mask become 1 too. Of colours the channel that changed most counts. `original` and `changed` have an array
 * [side, side] for each channel; `mask` [side, side] is the union of the anomalies' masks. The label is [side, side] in
 * 0 to 1. Golden: synthesis/cutpaste.
 */
export function changeLabel(
  original: readonly Uint8Array[],
  changed: readonly Uint8Array[],
  mask: Uint8Array,
  side: number,
): Float32Array {
  const codes = new Uint8Array(mask.length);
  original.forEach((plane, channel) => {
    const own = changeCodes(plane, changed[channel]!, mask);
    for (let i = 0; i < codes.length; i++) codes[i] = Math.max(codes[i]!, own[i]!);
  });
  closeAndFill(codes, mask, side);
  const label = new Float32Array(codes.length);
  for (let i = 0; i < label.length; i++) label[i] = labels[codes[i]!]!;
  return label;
}

/**
 * For each pixel of a channel [side, side] the index of its value in the list of labels, before closing. The difference
 * wraps: one level darker counts fully.
 */
export function changeCodes(original: Uint8Array, changed: Uint8Array, mask: Uint8Array): Uint8Array {
  const codes = new Uint8Array(mask.length);
  for (let i = 0; i < codes.length; i++) {
    if (mask[i] !== 0) codes[i] = Math.min((changed[i]! - original[i]!) & 255, highestCode);
  }
  return codes;
}

/** Closes and fills the codes [side, side] in place, in the box of one region of the mask after the other. */
export function closeAndFill(codes: Uint8Array, mask: Uint8Array, side: number): void {
  for (const box of regionBoxes(mask, side)) {
    const closed = closing(cutBox(codes, side, box), box.rows, box.columns);
    pasteBox(codes, side, box, fillHoles(closed, box.rows, box.columns, highestCode));
  }
}
