import { describe, expect, test } from '@jest/globals';
import { expectClose, goldenJson } from '@mediclip/testing';
import type { Corner } from '../box.js';
import { forEachSetPixel } from '../masks/mask.js';
import { goldenTensors } from '../testing/golden-tensors.js';
import { changeCodes, changeLabel, closeAndFill } from './change-label.js';

const golden = goldenTensors('cutpaste');
const images = goldenTensors('images');
const { cases } = goldenJson<{ cases: { case: number; S: number; target_corner: [number, number] }[] }>(
  'synthesis/cutpaste.json',
);

describe('the hand-made golden label', () => {
  const side = 40;
  const original = golden.bytes('label.original');
  const image = golden.bytes('label.image');
  const mask = golden.bytes('label.mask');

  test('before closing', () => {
    const values = Float32Array.from(changeCodes(original, image, mask), (code) => [0, 1 - Math.exp(-12.5), 1][code]!);
    expectClose(values, golden.floats('label.before_closing'), 0);
  });

  test('closed and filled', () => {
    const label = changeLabel([original], [image], mask, side);
    expectClose(label, golden.floats('label.label'), 0);
    expect(label.map(Math.trunc)).toEqual(new Float32Array(golden.bytes('label.truncated')));
  });
});

describe.each(cases)('golden cut-paste label $case', ({ case: i, S, target_corner: [row, column] }) => {
  const union = new Uint8Array(S * S);
  const corner: Corner = { row, column };
  forEachSetPixel(golden.mask(`${i}.mask`), corner, S, (_, inImage) => {
    union[inImage] = 1;
  });
  const original = images.bytes(`image${S}.0`);

  test('codes before and after closing', () => {
    const codes = changeCodes(original, golden.bytes(`${i}.image`), union);
    expect(codes).toEqual(golden.bytes(`${i}.label_before_closing_code`));
    closeAndFill(codes, union, S);
    expect(codes).toEqual(golden.bytes(`${i}.label_code`));
  });
});

test('one level brighter counts a little less than any other change, one darker does not: eight bits wrap', () => {
  const label = (change: number) =>
    changeLabel([Uint8Array.of(100)], [Uint8Array.of(100 + change)], Uint8Array.of(1), 1)[0];
  expect(label(0)).toBe(0);
  expect(label(1)).toBeCloseTo(0.99999627, 7);
  expect(label(1)).toBeLessThan(1);
  for (const change of [-1, 2, -2, 100]) expect(label(change)).toBe(1);
});

test('a change outside the mask is no label', () => {
  expect([
    ...changeLabel([Uint8Array.of(0, 0, 0, 0)], [Uint8Array.of(9, 9, 9, 9)], Uint8Array.of(0, 0, 0, 0), 2),
  ]).toEqual([0, 0, 0, 0]);
});
