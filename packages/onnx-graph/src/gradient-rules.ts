import { cast, div, exp, greater, logicalNot, mul, neg, sub, where } from './elementwise.js';
import { concat, expand, gather, pad, reshape, slice, transpose } from './layout.js';
import { matMul } from './linear.js';
import { reduceMean, reduceSum, sumToShape } from './reduction.js';
import { constant, type Node, type Shape, scalar, sizeOf, type Value } from './value.js';

/**
 * How one operator passes a gradient back: `gradient` receives the node and the gradient of its first output and
 * returns, for each input, a function that makes that input's gradient (called only when it is wanted), or null where
 * the input is not differentiable.
 */
export interface GradientRule {
  /** Number of inputs that the operator must have; -1 for any. */
  readonly arity: number;
  readonly gradient: (node: Node, outputGradient: Value) => readonly ((() => Value) | null)[];
}

const x = (node: Node): Value => node.inputs[0]!;
const y = (node: Node): Value => node.outputs[0]!;
const ints = (node: Node, name: string): readonly number[] => {
  const attribute = node.attributes[name];
  if (attribute?.type !== 'ints') throw new Error(`${node.operator} lacks its attribute ${name}: this is a bug`);
  return attribute.value;
};
const int = (node: Node, name: string): number => {
  const attribute = node.attributes[name];
  if (attribute?.type !== 'int') throw new Error(`${node.operator} lacks its attribute ${name}: this is a bug`);
  return attribute.value;
};
const constantInts = (value: Value | null | undefined): number[] => {
  if (value?.origin.kind !== 'constant') throw new Error('an index input is no constant: this is a bug');
  return Array.from(value.origin.data, Number);
};

const unary = (derivative: (node: Node, dy: Value) => Value): GradientRule => ({
  arity: 1,
  gradient: (node, dy) => [() => derivative(node, dy)],
});

/** For broadcasting operators of two inputs: each gradient is summed back to its input's own shape. */
const binary = (left: (node: Node, dy: Value) => Value, right: (node: Node, dy: Value) => Value): GradientRule => ({
  arity: 2,
  gradient: (node, dy) => [
    () => sumToShape(left(node, dy), node.inputs[0]!.shape),
    () => sumToShape(right(node, dy), node.inputs[1]!.shape),
  ],
});

/** The gradient of a reduction with its reduced axes put back as extents of 1. */
function restoreAxes(node: Node, axes: readonly number[], dy: Value): Value {
  const kept = x(node).shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  return reshape(dy, kept);
}

/**
 * The gradient of rows of `shape` [count, ...] that were gathered as `rows` says: a row that was taken once has that
 * row's gradient, one that was taken more often the sum of theirs, by a matrix product, and one that was not has none.
 */
function sumOfGathered(shape: Shape, rows: readonly number[], dy: Value): Value {
  const [count, ...rest] = shape as [number, ...number[]];
  const taken = reshape(dy, [rows.length, sizeOf(rest)]);
  const placesOf = Array.from({ length: count }, (): number[] => []);
  for (const [place, row] of rows.entries()) placesOf[row]!.push(place);
  const repeated = placesOf.filter((places) => places.length > 1);
  let from = taken;
  if (repeated.length > 0) {
    const summing = new Float32Array(repeated.length * rows.length);
    for (const [index, places] of repeated.entries()) {
      for (const place of places) summing[index * rows.length + place] = 1;
    }
    from = concat([taken, matMul(constant(summing, [repeated.length, rows.length]), taken)], 0);
  }
  let sums = rows.length;
  const sources = placesOf.map((places) => (places.length > 1 ? sums++ : (places[0] ?? null)));
  return reshape(gather(from, sources), shape);
}

const softmaxRule = unary((node, dy) => {
  const axes = [int(node, 'axis')];
  const weighted = mul(dy, y(node));
  return sub(weighted, mul(y(node), reduceSum(weighted, { axes, keepDims: true })));
});

const layerNormRule: GradientRule = {
  arity: 3,
  gradient: (node, dy) => {
    const [, mean, inverseDeviation] = node.outputs;
    const normalised = () => mul(sub(x(node), mean!), inverseDeviation!);
    const scale = node.inputs[1]!;
    return [
      () => {
        const hat = normalised();
        const scaled = mul(dy, scale);
        const meanOf = (value: Value) => reduceMean(value, { axes: [-1], keepDims: true });
        return mul(inverseDeviation!, sub(sub(scaled, meanOf(scaled)), mul(hat, meanOf(mul(scaled, hat)))));
      },
      () => sumToShape(mul(dy, normalised()), scale.shape),
      () => sumToShape(dy, scale.shape),
    ];
  },
};

/** One rule per differentiable operator. Operators of frozen towers (Conv, AveragePool, ...) have none. */
export const gradientRules: Readonly<Record<string, GradientRule>> = {
  Add: binary(
    (_, dy) => dy,
    (_, dy) => dy,
  ),
  Sub: binary(
    (_, dy) => dy,
    (_, dy) => neg(dy),
  ),
  Mul: binary(
    (node, dy) => mul(dy, node.inputs[1]!),
    (node, dy) => mul(dy, node.inputs[0]!),
  ),
  Div: binary(
    (node, dy) => div(dy, node.inputs[1]!),
    (node, dy) => neg(div(mul(dy, y(node)), node.inputs[1]!)),
  ),
  Neg: unary((_, dy) => neg(dy)),
  Exp: unary((node, dy) => mul(dy, y(node))),
  Log: unary((node, dy) => div(dy, x(node))),
  Sqrt: unary((node, dy) => div(mul(dy, scalar(0.5)), y(node))),
  Sigmoid: unary((node, dy) => mul(dy, mul(y(node), sub(scalar(1), y(node))))),
  // 2 / sqrt(pi) exp(-x^2), with the factor in the exponent.
  Erf: unary((node, dy) => mul(dy, exp(sub(scalar(Math.log(2 / Math.sqrt(Math.PI))), mul(x(node), x(node)))))),
  Relu: unary((node, dy) => mul(dy, cast(greater(x(node), scalar(0)), 'float32'))),
  Clip: {
    arity: 3,
    gradient: (node, dy) => [
      () => {
        const [, low, high] = node.inputs;
        const inside = mul(cast(greater(x(node), low!), 'float32'), cast(greater(high!, x(node)), 'float32'));
        return mul(dy, inside);
      },
      null,
      null,
    ],
  },
  Where: {
    arity: 3,
    gradient: (node, dy) => {
      const [condition, a, b] = node.inputs;
      return [
        null,
        () => sumToShape(where(condition!, dy, scalar(0)), a!.shape),
        () => sumToShape(where(logicalNot(condition!), dy, scalar(0)), b!.shape),
      ];
    },
  },
  Cast: unary((node, dy) => cast(dy, x(node).dtype)),
  MatMul: binary(
    (node, dy) => matMul(dy, transpose(node.inputs[1]!)),
    (node, dy) => matMul(transpose(node.inputs[0]!), dy),
  ),
  Reshape: {
    arity: 2,
    gradient: (node, dy) => [() => reshape(dy, x(node).shape), null],
  },
  Transpose: unary((node, dy) => {
    const permutation = ints(node, 'perm');
    return transpose(
      dy,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    );
  }),
  Slice: {
    arity: 4,
    gradient: (node, dy) => [
      () => {
        const [start] = constantInts(node.inputs[1]);
        const [axis] = constantInts(node.inputs[3]);
        const before = x(node).shape.map((_, i) => (i === axis ? start! : 0));
        const after = x(node).shape.map((extent, i) => extent - before[i]! - dy.shape[i]!);
        return pad(dy, before, after);
      },
      null,
      null,
      null,
    ],
  },
  Concat: {
    arity: -1,
    gradient: (node, dy) => {
      const axis = int(node, 'axis');
      let offset = 0;
      return node.inputs.map((part) => {
        const start = offset;
        offset += part!.shape[axis]!;
        return () => slice(dy, axis, start, start + part!.shape[axis]!);
      });
    },
  },
  Gather: {
    arity: 2,
    gradient: (node, dy) => [() => sumOfGathered(x(node).shape, constantInts(node.inputs[1]), dy), null],
  },
  Expand: {
    arity: 2,
    gradient: (node, dy) => [() => sumToShape(dy, x(node).shape), null],
  },
  Pad: {
    arity: 2,
    gradient: (node, dy) => [
      () => {
        const before = constantInts(node.inputs[1]);
        return x(node).shape.reduce(
          (rest, extent, axis) => slice(rest, axis, before[axis]!, before[axis]! + extent),
          dy,
        );
      },
      null,
    ],
  },
  ReduceSum: {
    arity: 2,
    gradient: (node, dy) => [() => expand(restoreAxes(node, constantInts(node.inputs[1]), dy), x(node).shape), null],
  },
  ReduceSumSquare: unary((node, dy) => mul(x(node), mul(restoreAxes(node, ints(node, 'axes'), dy), scalar(2)))),
  ReduceMean: unary((node, dy) => {
    const axes = ints(node, 'axes');
    const count = axes.reduce((product, axis) => product * x(node).shape[axis]!, 1);
    return expand(mul(restoreAxes(node, axes, dy), scalar(1 / count)), x(node).shape);
  }),
  Softmax: softmaxRule,
  LayerNormalization: layerNormRule,
};
