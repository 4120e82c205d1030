import { topologicalOrder } from './gradients.js';
import { apply, type Node, type Value } from './value.js';

/**
 * The same `outputs`, with the first result of some nodes made otherwise: by `replace`, which is given each node with
 * its inputs as they are by then, or leaves it as it is with undefined.
 */
export function replaceNodes(
  outputs: readonly Value[],
  replace: (node: Node, inputs: readonly (Value | null)[]) => Value | undefined,
): readonly Value[] {
  const replaced = new Map<Value, Value>();
  const current = <T extends Value | null>(value: T): Value | T => (value && replaced.get(value)) ?? value;
  for (const node of topologicalOrder(outputs)) {
    const inputs = node.inputs.map(current);
    const replacement = replace(node, inputs);
    if (replacement) {
      replaced.set(node.outputs[0]!, replacement);
    } else if (inputs.some((value, index) => value !== node.inputs[index])) {
      for (const [index, made] of again(node, inputs).entries()) replaced.set(node.outputs[index]!, made);
    }
  }
  return outputs.map(current);
}

const again = ({ operator, outputs, attributes }: Node, inputs: readonly (Value | null)[]): Value[] =>
  apply(operator, inputs, outputs, attributes);
