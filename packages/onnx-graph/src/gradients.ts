import { add } from './elementwise.js';
import { gradientRules } from './gradient-rules.js';
import { describe, type Node, scalar, type Value } from './value.js';

/** Nodes below `outputs` in an order in which every node follows the nodes that it reads. */
export function topologicalOrder(outputs: readonly Value[]): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  const stack: { node: Node; next: number }[] = [];
  const visit = (value: Value | null | undefined) => {
    if (value?.origin.kind !== 'output' || seen.has(value.origin.node)) return;
    seen.add(value.origin.node);
    stack.push({ node: value.origin.node, next: 0 });
  };
  for (const output of outputs) {
    visit(output);
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      if (top.next < top.node.inputs.length) visit(top.node.inputs[top.next++]);
      else order.push(stack.pop()!.node);
    }
  }
  return order;
}

/**
 * Reverse-mode differentiation of a scalar: for each target, a value of its shape that holds d loss / d target, made of
 * standard operators. Only nodes on a path from a target to the loss are walked.
 * Throws when the loss is no scalar, when it does not depend on a target, or when an operator on a path has no rule or
 * another number of inputs than its rule expects (both name the operator).
 */
export function gradients(loss: Value, targets: readonly Value[]): Value[] {
  if (loss.shape.length !== 0) throw new RangeError(`only a scalar can be differentiated, not ${describe(loss)}`);
  const order = topologicalOrder([loss]);
  const onPath = new Set<Value>(targets);
  for (const node of order) {
    if (node.inputs.some((value) => value && onPath.has(value))) onPath.add(node.outputs[0]!);
  }

  const gradientOf = new Map<Value, Value>([[loss, scalar(1)]]);
  for (const node of order.reverse()) {
    const outputGradient = gradientOf.get(node.outputs[0]!);
    if (!outputGradient || !onPath.has(node.outputs[0]!)) continue;
    const rule = ruleFor(node);
    for (const [index, make] of rule.gradient(node, outputGradient).entries()) {
      const source = node.inputs[index];
      if (!source || !onPath.has(source)) continue;
      if (!make)
        throw new Error(`input ${index} of ${node.operator} is not differentiable, but a target lies behind it`);
      const gradient = make();
      const sofar = gradientOf.get(source);
      gradientOf.set(source, sofar ? add(sofar, gradient) : gradient);
    }
  }
  return targets.map((target) => {
    const gradient = gradientOf.get(target);
    if (!gradient) throw new Error(`the loss does not depend on the target ${describe(target)}`);
    return gradient;
  });
}

function ruleFor(node: Node) {
  const rule = gradientRules[node.operator];
  if (!rule) throw new Error(`operator ${node.operator} has no gradient rule`);
  if (rule.arity >= 0 && node.inputs.length !== rule.arity) {
    throw new Error(`the gradient rule of ${node.operator} is for ${rule.arity} inputs, not ${node.inputs.length}`);
  }
  return rule;
}
