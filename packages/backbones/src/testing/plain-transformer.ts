/**
 * A transformer in plain arithmetic, one number after the other in float64, to hold the graphs against: nothing here is
 * shared with them. A matrix is a list of rows.
 */
export type Matrix = readonly (readonly number[])[];

export const linear = (x: Matrix, weight: Matrix, bias: readonly number[]): number[][] =>
  x.map((row) => weight.map((of, i) => of.reduce((sum, value, j) => sum + value * row[j]!, bias[i] ?? 0)));

export const plus = (a: Matrix, b: Matrix): number[][] => a.map((row, i) => row.map((value, j) => value + b[i]![j]!));

export function layerNorm(x: Matrix, scale: readonly number[], bias: readonly number[], epsilon: number): number[][] {
  return x.map((row) => {
    const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
    return row.map((value, j) => ((value - mean) / Math.sqrt(variance + epsilon)) * scale[j]! + bias[j]!);
  });
}

/** x * Phi(x), the normal distribution integrated by Simpson's rule. */
export const gelu = (x: Matrix): number[][] => x.map((row) => row.map((value) => value * normalDistribution(value)));

function normalDistribution(x: number): number {
  const steps = 200;
  const height = (i: number) => Math.exp(-(((x * i) / steps) ** 2) / 2) / Math.sqrt(2 * Math.PI);
  let sum = height(0) + height(steps);
  for (let i = 1; i < steps; i++) sum += height(i) * (i % 2 === 1 ? 4 : 2);
  return 0.5 + (sum * x) / steps / 3;
}

/** Every row of `query` looks at all rows of `key` and `value`, head by head. */
export function attend(query: Matrix, key: Matrix, value: Matrix, heads: number): number[][] {
  const headWidth = query[0]!.length / heads;
  return query.map((row) =>
    row.map((_, column) => {
      const start = Math.floor(column / headWidth) * headWidth;
      const scores = key.map((other) => {
        let dot = 0;
        for (let j = start; j < start + headWidth; j++) dot += row[j]! * other[j]!;
        return Math.exp(dot / Math.sqrt(headWidth));
      });
      const total = scores.reduce((sum, score) => sum + score, 0);
      return scores.reduce((sum, score, i) => sum + (score / total) * value[i]![column]!, 0);
    }),
  );
}
