/**
 * Resizes the positional embeddings of a vision transformer from a grid of `oldSide` to one of `newSide`: cubic
 * convolution with a = -0.5, widened when the grid shrinks, weights renormalised at the edges, as Pillow's BICUBIC
 * does. `positions` is [1 + oldSide * oldSide, width]; its first row, the class token's, stays as it is. Gives [1 +
 * newSide * newSide, width]. Golden: clip-tiny/positional.
 */
export function resizePositions(positions: Float32Array, oldSide: number, newSide: number): Float32Array {
  if (oldSide === newSide) return positions;
  const width = positions.length / (1 + oldSide * oldSide);
  const weights = resizeWeights(oldSide, newSide);
  const resized = new Float32Array((1 + newSide * newSide) * width);
  resized.set(positions.subarray(0, width));
  for (let channel = 0; channel < width; channel++) {
    const at = (row: number, column: number): number => positions[(1 + row * oldSide + column) * width + channel]!;
    for (let row = 0; row < newSide; row++) {
      for (let column = 0; column < newSide; column++) {
        let sum = 0;
        for (const [i, down] of weights[row]!) {
          for (const [j, across] of weights[column]!) sum += down * across * at(i, j);
        }
        resized[(1 + row * newSide + column) * width + channel] = sum;
      }
    }
  }
  return resized;
}

/** For every new position the old ones that it is made of, with their weights, which sum to 1. */
function resizeWeights(oldSide: number, newSide: number): [number, number][][] {
  const scale = oldSide / newSide;
  const stretch = Math.max(scale, 1);
  return Array.from({ length: newSide }, (_, i) => {
    const centre = scale * (i + 0.5);
    const first = Math.max(Math.trunc(centre - 2 * stretch + 0.5), 0);
    const end = Math.min(Math.trunc(centre + 2 * stretch + 0.5), oldSide);
    const taps = Array.from({ length: end - first }, (_, k): [number, number] => [
      first + k,
      cubic((first + k - centre + 0.5) / stretch),
    ]);
    const total = taps.reduce((sum, [, weight]) => sum + weight, 0);
    return taps.map(([j, weight]): [number, number] => [j, weight / total]);
  });
}

/** Keys' cubic convolution kernel with a = -0.5. */
function cubic(x: number): number {
  const distance = Math.abs(x);
  if (distance < 1) return (1.5 * distance - 2.5) * distance * distance + 1;
  if (distance < 2) return ((-0.5 * distance + 2.5) * distance - 4) * distance + 2;
  return 0;
}
