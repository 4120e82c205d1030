import { expect, test } from '@jest/globals';
import { upsampleMatrix } from '@mediclip/maps';
import {
  add,
  constant,
  gradients,
  input,
  matMul,
  mul,
  reduceSum,
  reduceSumSquare,
  reshape,
  transpose,
  type Value,
  writeModel,
} from '@mediclip/onnx-graph';
import { RandomStream } from '@mediclip/synthesis';
import { expectClose, runModel } from '@mediclip/testing';
import { squaredLengths } from './squared-lengths.js';

const batch = 2;
const width = 8;

/** By its definition: every vector is adapted and enlarged. */
function enlargedLengths(locations: Value, weight: Value, bias: Value, side: number, grid: number): Value {
  const adapted = reshape(add(matMul(locations, transpose(weight)), bias), [batch, side, side * width]);
  const factor = constant(upsampleMatrix(side, grid), [grid, side]);
  const rows = reshape(matMul(factor, adapted), [batch * grid, side, width]);
  return reduceSumSquare(reshape(matMul(factor, rows), [batch, grid, grid, width]), { axes: [3] });
}

test.each([
  ['features much narrower than the vectors', 3, 4, 7],
  ['features as wide as the vectors', 8, 4, 7],
  ['narrow features of the largest grid', 3, 5, 5],
  ['wide features of the largest grid', 8, 5, 5],
  ['a grid of two', 3, 2, 9],
  ['a single narrow place', 2, 1, 4],
  ['a single wide place', 8, 1, 4],
])('are those of the adapted and enlarged vectors, and so are their gradients: %s', async (_, channels, side, grid) => {
  const random = new RandomStream(channels, side, grid);
  const shapes = { locations: [batch * side * side, channels], weight: [width, channels], bias: [width] };
  const [locations, weight, bias] = Object.entries(shapes).map(([name, shape]) => input(name, 'float32', shape)) as [
    Value,
    Value,
    Value,
  ];
  const drawn = (shape: readonly number[]) =>
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal(0.3, 1));
  const importance = constant(drawn([batch, grid, grid]), [batch, grid, grid]);
  const both = [
    squaredLengths(locations, { weight, bias }, side, grid),
    enlargedLengths(locations, weight, bias, side, grid),
  ].map((squares) => [squares, ...gradients(reduceSum(mul(squares, importance)), [weight, bias])]);
  const named = both.flatMap((values, which) => values.map((value, i) => [`${which}.${i}`, value] as const));
  const model = writeModel({ name: 'lengths', inputs: [locations, weight, bias], outputs: Object.fromEntries(named) });
  const feeds = Object.entries(shapes).map(([name, shape]) => [name, { dtype: 'float32', shape, data: drawn(shape) }]);
  const outputs = await runModel(model, Object.fromEntries(feeds));
  for (const [i] of both[0]!.entries()) {
    const expected = outputs[`1.${i}`]!.data as Float32Array;
    const scale = Math.max(...expected.map(Math.abs));
    expectClose(outputs[`0.${i}`]!.data as Float32Array, expected, scale * 1e-5);
  }
});

test('are never less than 0, however near to it rounding brings them', async () => {
  const locations = constant(Float32Array.of(1, -1, 1, -1), [4, 1]);
  const adapter = { weight: constant(Float32Array.of(1, 3, 1 / 3), [3, 1]), bias: constant(new Float32Array(3), [3]) };
  const squares = squaredLengths(locations, adapter, 2, 3);
  const outputs = await runModel(writeModel({ name: 'lengths', inputs: [], outputs: { squares } }), {});
  const [first, between] = outputs.squares!.data as Float32Array;
  expectClose([first!], [9 + 10 / 9], 1e-5);
  expect(between).toBeGreaterThan(0);
  expect(between).toBeLessThan(1e-5);
});
