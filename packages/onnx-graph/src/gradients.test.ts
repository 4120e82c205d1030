import { describe, expect, it } from '@jest/globals';
import { openModel, runModel } from '@mediclip/testing';
import fc from 'fast-check';
import { gradientRules } from './gradient-rules.js';
import * as op from './index.js';
import { apply, type Shape, type Value } from './value.js';

const seeded = (seed: number) => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};

/**
 * A case of one operator: the shapes of its differentiable inputs, how to apply it, and the range its inputs are drawn
 * from.
 */
interface Case {
  readonly shapes: readonly Shape[];
  readonly build: (...inputs: Value[]) => Value;
  readonly range?: readonly [number, number];
}

const shape = (minimum: number, maximum: number) =>
  fc.array(fc.integer({ min: 1, max: 3 }), { minLength: minimum, maxLength: maximum });

/** Two shapes that broadcast together: some axes of each collapsed to 1, leading axes of one left out. */
const broadcastPair = fc
  .tuple(
    shape(1, 3),
    fc.array(fc.constantFrom(0, 1, 2), { minLength: 3, maxLength: 3 }),
    fc.integer({ min: 0, max: 2 }),
  )
  .map(([full, collapsed, dropped]): [Shape, Shape] => [
    full.map((extent, axis) => (collapsed[axis] === 1 ? 1 : extent)),
    full.map((extent, axis) => (collapsed[axis] === 2 ? 1 : extent)).slice(Math.min(dropped, full.length - 1)),
  ]);

const unary = (build: (x: Value) => Value, range?: readonly [number, number]) =>
  shape(0, 3).map((s): Case => ({ shapes: [s], build, ...(range && { range }) }));
const binary = (build: (a: Value, b: Value) => Value, range?: readonly [number, number]) =>
  broadcastPair.map((shapes): Case => ({ shapes, build, ...(range && { range }) }));
const withAxis = (build: (x: Value, axis: number) => Value) =>
  fc.tuple(shape(1, 3), fc.nat()).map(([s, n]): Case => ({ shapes: [s], build: (x) => build(x, n % s.length) }));

const cases: Record<string, fc.Arbitrary<Case>> = {
  Add: binary(op.add),
  Sub: binary(op.sub),
  Mul: binary(op.mul),
  Div: binary(op.div, [0.5, 2]),
  Neg: unary(op.neg),
  Exp: unary(op.exp),
  Log: unary(op.log, [0.5, 2]),
  Sqrt: unary(op.sqrt, [0.5, 2]),
  Sigmoid: unary(op.sigmoid),
  Erf: unary(op.erf),
  Relu: unary(op.relu, [0.1, 1]),
  Clip: fc
    .constantFrom<readonly [number, number]>([-0.9, -0.1], [0.1, 0.9], [1.1, 2])
    .chain((range) => unary((x) => op.clip(x, 0, 1), range)),
  Where: broadcastPair.map(
    (shapes): Case => ({
      shapes,
      build: (a, b) => {
        const condition = op.greater(op.constant(Float32Array.of(1, -1, 1), [3, 1, 1, 1]), op.scalar(0));
        return op.where(condition, a, b);
      },
    }),
  ),
  Cast: unary((x) => op.cast(op.cast(x, 'float64'), 'float32')),
  MatMul: fc
    .tuple(
      broadcastPair,
      fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    )
    .map(
      ([[a, b], [n, k, m]]): Case => ({
        shapes: [
          [...a, n, k],
          [...b, k, m],
        ],
        build: op.matMul,
      }),
    ),
  Reshape: unary((x) => op.reshape(x, [op.sizeOf(x.shape), 1])),
  Transpose: fc.tuple(shape(2, 3), fc.boolean()).map(
    ([s, rotate]): Case => ({
      shapes: [s],
      build: (x) =>
        rotate
          ? op.transpose(
              x,
              s.map((_, axis) => (axis + 1) % s.length),
            )
          : op.transpose(x),
    }),
  ),
  Slice: fc
    .tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 2 }))
    .map(([start, count]): Case => ({ shapes: [[2, 4]], build: (x) => op.slice(x, 1, start, start + count) })),
  Concat: fc.integer({ min: 1, max: 3 }).map(
    (extent): Case => ({
      shapes: [
        [2, extent],
        [2, 1],
        [2, 2],
      ],
      build: (...parts) => op.concat(parts, 1),
    }),
  ),
  Gather: fc
    .array(fc.option(fc.nat(2)), { minLength: 4, maxLength: 4 })
    .map((rows): Case => ({ shapes: [[3, 2]], build: (x) => op.gather(x, rows, [2, 2]) })),
  Expand: fc.constant<Case>({ shapes: [[2, 1]], build: (x) => op.expand(x, [3, 2, 4]) }),
  Pad: fc.constant<Case>({ shapes: [[2, 3]], build: (x) => op.pad(x, [1, 0], [0, 2]) }),
  ReduceSum: fc.boolean().chain((keepDims) => withAxis((x, axis) => op.reduceSum(x, { axes: [axis], keepDims }))),
  ReduceMean: fc.boolean().chain((keepDims) => withAxis((x, axis) => op.reduceMean(x, { axes: [axis], keepDims }))),
  ReduceSumSquare: fc
    .boolean()
    .chain((keepDims) => withAxis((x, axis) => op.reduceSumSquare(x, { axes: [axis], keepDims }))),
  Softmax: withAxis(op.softmax),
  LayerNormalization: fc.integer({ min: 3, max: 5 }).map(
    (width): Case => ({
      shapes: [[2, 2, width], [width], [width]],
      build: (x, scale, bias) => op.layerNorm(x, scale, bias, 1e-2),
    }),
  ),
};

/** Compares gradients of `sum(weights * f(inputs))` with central differences, both computed by ONNX Runtime. */
async function worstDisagreement({ shapes, build, range = [-1, 1] }: Case, seed: number): Promise<number> {
  const random = seeded(seed);
  const inputs = shapes.map((s, i) => op.input(`x${i}`, 'float32', s));
  const result = build(...inputs);
  const weights = Float32Array.from({ length: op.sizeOf(result.shape) }, () => random() * 2 - 1);
  const loss = op.reduceSum(op.mul(result, op.constant(weights, result.shape)));
  const grads = op.gradients(loss, inputs);
  for (const [i, gradient] of grads.entries()) expect(gradient.shape).toEqual(shapes[i]);

  const outputs = { loss, ...Object.fromEntries(grads.map((gradient, i) => [`g${i}`, gradient])) };
  const model = op.writeModel({ name: 'case', inputs, outputs });
  const data = shapes.map((s) =>
    Float32Array.from({ length: op.sizeOf(s) }, () => range[0] + (range[1] - range[0]) * random()),
  );
  const evaluate = await session(model, shapes);
  const base = await evaluate(data);
  const step = 1e-2;
  let worst = 0;
  for (const [i, values] of data.entries()) {
    for (let k = 0; k < values.length; k++) {
      const original = values[k]!;
      values[k] = original + step;
      const above = (await evaluate(data)).loss!.data[0]!;
      values[k] = original - step;
      const below = (await evaluate(data)).loss!.data[0]!;
      values[k] = original;
      const numeric = (above - below) / (2 * step);
      const analytic = base[`g${i}`]!.data[k]!;
      worst = Math.max(worst, Math.abs(numeric - analytic) / Math.max(1, Math.abs(numeric)));
    }
  }
  return worst;
}

async function session(model: Uint8Array, shapes: readonly Shape[]) {
  const run = await openModel(model);
  return (data: readonly Float32Array[]) =>
    run(
      Object.fromEntries(
        data.map((values, i) => [`x${i}`, { dtype: 'float32' as const, shape: shapes[i]!, data: values }]),
      ),
    );
}

describe('gradient rules', () => {
  it('are all tested here', () => {
    expect(Object.keys(cases).sort()).toEqual(Object.keys(gradientRules).sort());
  });

  it.each(Object.keys(cases))('%s agrees with finite differences', async (operator) => {
    await fc.assert(
      fc.asyncProperty(cases[operator]!, fc.nat(), async (tested, seed) => {
        expect(await worstDisagreement(tested, seed)).toBeLessThan(5e-3);
      }),
      { numRuns: 8, seed: 1 },
    );
  });

  it('agree with finite differences through GELU, QuickGELU and L2 normalisation', async () => {
    for (const build of [op.gelu, op.quickGelu, (x: Value) => op.l2Normalise(x, 1)]) {
      expect(await worstDisagreement({ shapes: [[2, 3]], build, range: [0.3, 1.5] }, 5)).toBeLessThan(5e-3);
    }
  });

  it('add up where paths meet', async () => {
    const x = op.input('x', 'float32', []);
    const [gradient] = op.gradients(op.add(op.mul(x, x), op.mul(x, op.scalar(3))), [x]);
    const { g } = await runModel(op.writeModel({ name: 'sum', inputs: [x], outputs: { g: gradient! } }), {
      x: { dtype: 'float32', shape: [], data: Float32Array.of(2) },
    });
    expect(g!.data[0]).toBeCloseTo(7);
  });
});

describe('gradients', () => {
  const x = op.input('x', 'float32', [2]);

  it('walk only the paths to the targets: an operator without a rule elsewhere does no harm', () => {
    const image = op.input('image', 'float32', [1, 1, 2, 2]);
    const frozen = op.conv(image, op.constant(Float32Array.of(1), [1, 1, 1, 1]), null);
    const loss = op.add(op.reduceSum(frozen), op.reduceSum(x));
    expect(op.gradients(loss, [x])[0]!.shape).toEqual([2]);
    expect(() => op.gradients(loss, [image])).toThrow('operator Conv has no gradient rule');
  });

  it('name an operator of the wrong arity', () => {
    const [odd] = apply('Exp', [x, x], [{ dtype: 'float32', shape: [2] }]);
    expect(() => op.gradients(op.reduceSum(odd!), [x])).toThrow('the gradient rule of Exp is for 1 inputs, not 2');
  });

  it('refuse a loss that is no scalar or does not depend on the target', () => {
    expect(() => op.gradients(x, [x])).toThrow('only a scalar can be differentiated');
    expect(() => op.gradients(op.scalar(1), [x])).toThrow('does not depend on the target');
  });
});
