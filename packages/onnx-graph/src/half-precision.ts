import { cast } from './elementwise.js';
import { topologicalOrder } from './gradients.js';
import { apply, type Node, type Value } from './value.js';

/**
 * The same float32 `outputs`, with everything between `sources` and them computed in float16: the sources and the
 * float32 constants are rounded to float16, and the outputs widened again. What lies before the sources stays as it is;
 * constants that are computed from other constants are computed in float32 first, and those stored in half precision
 * are used as they are. Layer normalisation takes its statistics in float32 all the same, as ONNX defines it
 * (`stash_type`). Numbers beyond 65,504 become infinite.
 *
 * `each` may add to every float16 result: on a processor ONNX Runtime computes chains of float16 operators in float32
 * and rounds only where two operators that merely move data stand between.
 */
export function inHalfPrecision(
  outputs: readonly Value[],
  sources: readonly Value[],
  each: (result: Value) => Value = (result) => result,
): Value[] {
  const dependent = new Set<Value>(sources);
  const halves = new Map<Value, Value>(sources.map((source) => [source, cast(source, 'float16')]));
  const half = <T extends Value | null>(value: T): Value | T => {
    if (value?.dtype !== 'float32') return value;
    const known = halves.get(value) ?? storedHalf(value) ?? cast(value, 'float16');
    halves.set(value, known);
    return known;
  };
  for (const node of topologicalOrder(outputs)) {
    const onPath = node.inputs.some((value) => value && dependent.has(value));
    if (!onPath || dependent.has(node.outputs[0]!)) continue;
    dependent.add(node.outputs[0]!);
    halves.set(node.outputs[0]!, each(nodeInHalfPrecision(node, node.inputs.map(half))));
  }
  return outputs.map((output) => cast(half(output), output.dtype));
}

/** What the first result of a node becomes. Further results of float32 are statistics, which stay so. */
function nodeInHalfPrecision({ operator, outputs, attributes }: Node, inputs: readonly (Value | null)[]): Value {
  const [first, ...statistics] = outputs.map(({ dtype, shape }) => ({ dtype, shape }));
  const dtype = first!.dtype === 'float32' ? 'float16' : first!.dtype;
  return apply(operator, inputs, [{ ...first!, dtype }, ...statistics], attributes)[0]!;
}

/** The float16 constant that a float32 value widens. */
function storedHalf({ origin }: Value): Value | undefined {
  const stored = origin.kind === 'output' && origin.node.operator === 'Cast' ? origin.node.inputs[0] : undefined;
  return stored?.dtype === 'float16' ? stored : undefined;
}
