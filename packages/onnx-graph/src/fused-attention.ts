import { replaceNodes } from './replace-nodes.js';
import { apply, type Node, type Value } from './value.js';

/**
 * Multi-head attention as one operator: `queries` [batch, rows, width], already scaled, `keys` and `values` [batch,
 * tokens, width] -> [batch, rows, width]. An operator of ONNX Runtime, not of the standard; it has no gradient rule.
 */
function multiHeadAttention(queries: Value, keys: Value, values: Value, heads: number): Value {
  const { dtype, shape } = queries;
  return apply('MultiHeadAttention', [queries, keys, values], [{ dtype, shape }], {
    num_heads: { type: 'int', value: heads },
    scale: { type: 'float', value: 1 },
  })[0]!;
}

/**
 * The same `outputs`, with every attention without a mask (split into heads, product with the keys, softmax, product
 * with the values, joined) as one operator of ONNX Runtime.
 */
export function withFusedAttention(outputs: readonly Value[]): readonly Value[] {
  return replaceNodes(outputs, (node, inputs) => {
    if (node.operator !== 'Reshape') return undefined;
    const [width] = node.outputs[0]!.shape.slice(2);
    const [weights, values] = madeBy('MatMul', swapped(inputs[0], heads)) ?? [];
    const [scores] = madeBy('Softmax', weights) ?? [];
    const [queries, keys] = madeBy('MatMul', scores) ?? [];
    const split = [queries, swapped(keys, lastTwo), values].map(
      (value) => madeBy('Reshape', swapped(value, heads))?.[0],
    );
    const [q, k, v] = split;
    if (!q || !k || !v || split.some((value) => value?.shape.length !== 3 || value.shape[2] !== width))
      return undefined;
    return multiHeadAttention(q, k, v, queries!.shape[1]!);
  });
}

const heads = '0,2,1,3';
const lastTwo = '0,1,3,2';

/** The inputs of the node that made a value, if it has this operator. */
function madeBy(operator: string, value: Value | null | undefined): Node['inputs'] | undefined {
  return value?.origin.kind === 'output' && value.origin.node.operator === operator
    ? value.origin.node.inputs
    : undefined;
}

/** The value whose transpose by this permutation `value` is. */
function swapped(value: Value | null | undefined, permutation: string): Value | null | undefined {
  if (value?.origin.kind !== 'output') return undefined;
  const { perm } = value.origin.node.attributes;
  return perm?.type === 'ints' && perm.value.join() === permutation ? madeBy('Transpose', value)?.[0] : undefined;
}
