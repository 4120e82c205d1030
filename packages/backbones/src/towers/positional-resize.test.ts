import { expect, test } from '@jest/globals';
import { expectClose } from '@mediclip/testing';
import fc from 'fast-check';
import { goldenTensors } from '../testing/golden-tensors.js';
import { resizePositions } from './positional-resize.js';

const golden = goldenTensors('clip-tiny/positional.safetensors');

test.each([32, 48, 80, 96, 112])('resizes the positions to those of %i pixels as the reference does', (side) => {
  const resized = resizePositions(golden('original').data, 4, side / 16);
  expectClose(resized, golden(`size${side}`).data, 1e-5);
});

test('keeps constant positions constant and the class position unchanged, whatever the sides', () => {
  const side = fc.integer({ min: 1, max: 12 });
  fc.assert(
    fc.property(side, side, (oldSide, newSide) => {
      const positions = new Float32Array(1 + oldSide * oldSide).fill(0.25);
      positions[0] = 7;
      const resized = resizePositions(positions, oldSide, newSide);
      expect(resized.length).toBe(1 + newSide * newSide);
      expect(resized[0]).toBe(7);
      expectClose(resized.subarray(1), new Float32Array(newSide * newSide).fill(0.25), 1e-6);
    }),
  );
});
