import { onnxElementType } from './elementwise.js';
import { topologicalOrder } from './gradients.js';
import { modelProtoType } from './onnx-proto.js';
import type { Attribute, Node, Value } from './value.js';

/** Operators are taken from this version of ONNX's operator set; every execution provider in use has it. */
const opset = 17;
const irVersion = 8;

/** Operators that only ONNX Runtime has, and their domain. */
const runtimeDomain = 'com.microsoft';
const runtimeOperators: readonly string[] = ['MatMulNBits', 'MultiHeadAttention'];
const isOfRuntime = ({ operator }: Node): boolean => runtimeOperators.includes(operator);

export interface ModelDescription {
  readonly name: string;
  /** The values to feed, in order; each must come from `input()`. */
  readonly inputs: readonly Value[];
  /** The results by the names that callers will fetch. */
  readonly outputs: Readonly<Record<string, Value>>;
}

/**
 * Serialises the part of the graph that the outputs need, as an ONNX ModelProto. Inline constants are written into it,
 * external ones as location, offset and length. The same description gives the same bytes.
 * Throws when an input that the outputs need is not listed.
 */
export function writeModel({ name, inputs, outputs }: ModelDescription): Uint8Array {
  const results = Object.entries(outputs);
  const order = topologicalOrder(results.map(([, value]) => value));
  const names = new NameTable();
  for (const value of inputs) {
    if (value.origin.kind !== 'input') throw new Error('a model input must be made by input()');
    names.assign(value, value.origin.name);
  }
  for (const [outputName] of results) names.reserve(outputName);

  const initializers: object[] = [];
  const use = (value: Value | null): string => {
    if (!value) return '';
    const known = names.find(value);
    if (known !== undefined) return known;
    const { origin } = value;
    if (origin.kind === 'input') throw new Error(`the outputs need the input ${origin.name}, which is not listed`);
    if (origin.kind === 'output') throw new Error('a node is used before it is written: this is a bug');
    const assigned = names.assign(value, origin.name ?? 'constant');
    initializers.push(initializer(assigned, value));
    return assigned;
  };

  const nodes = order.map((node) => {
    const read = node.inputs.map(use);
    return nodeProto(node, read, (output, index) =>
      names.assign(output, index === 0 ? node.operator : `${node.operator}_${index}`),
    );
  });
  for (const [outputName, value] of results) {
    nodes.push({
      opType: 'Identity',
      name: `output_${outputName}`,
      input: [use(value)],
      output: [outputName],
      attribute: [],
    });
  }

  const modelProto = modelProtoType();
  const message = modelProto.fromObject({
    irVersion,
    producerName: 'mediclip',
    opsetImport: [
      { domain: '', version: opset },
      ...(order.some(isOfRuntime) ? [{ domain: runtimeDomain, version: 1 }] : []),
    ],
    graph: {
      name,
      node: nodes,
      initializer: initializers,
      input: inputs.map((value) => valueInfo(names.find(value)!, value)),
      output: results.map(([outputName, value]) => valueInfo(outputName, value)),
    },
  });
  return modelProto.encode(message).finish();
}

/** The files beside the model that the outputs' graph refers to, in the order of their first use. */
export function externalLocations(outputs: readonly Value[]): string[] {
  const values = [...outputs, ...topologicalOrder(outputs).flatMap((node) => node.inputs)];
  const locations = values.flatMap((value) =>
    value?.origin.kind === 'external' ? [value.origin.external.location] : [],
  );
  return [...new Set(locations)];
}

/** Gives every value a unique name; the first user of a name has it plain, the next ones with a number. */
class NameTable {
  readonly #names = new Map<Value, string>();
  readonly #counts = new Map<string, number>();

  find(value: Value): string | undefined {
    return this.#names.get(value);
  }

  reserve(name: string): void {
    this.#counts.set(name, 1);
  }

  assign(value: Value, wanted: string): string {
    let name = wanted;
    for (let count = this.#counts.get(wanted) ?? 0; this.#counts.has(name); ) {
      count += 1;
      this.#counts.set(wanted, count);
      name = `${wanted}.${count}`;
    }
    this.#counts.set(name, this.#counts.get(name) ?? 0);
    this.#names.set(value, name);
    return name;
  }
}

function nodeProto(node: Node, read: readonly string[], nameOutput: (output: Value, index: number) => string) {
  const output = node.outputs.map(nameOutput);
  return {
    opType: node.operator,
    ...(isOfRuntime(node) && { domain: runtimeDomain }),
    name: output[0],
    input: read,
    output,
    attribute: Object.entries(node.attributes).map(([name, attribute]) => ({ name, ...attributeFields(attribute) })),
  };
}

/** The `type` numbers are those of `AttributeProto.AttributeType`. */
function attributeFields(attribute: Attribute) {
  switch (attribute.type) {
    case 'float':
      return { type: 1, f: attribute.value };
    case 'int':
      return { type: 2, i: attribute.value };
    case 'string':
      return { type: 3, s: new TextEncoder().encode(attribute.value) };
    case 'ints':
      return { type: 7, ints: attribute.value };
  }
}

function initializer(name: string, value: Value) {
  const tensor = { name, dims: value.shape, dataType: onnxElementType[value.dtype] };
  if (value.origin.kind === 'constant') {
    const { buffer, byteOffset, byteLength } = value.origin.data;
    return { ...tensor, rawData: new Uint8Array(buffer, byteOffset, byteLength) };
  }
  if (value.origin.kind !== 'external') throw new Error('only constants become initializers: this is a bug');
  const { location, offset, length } = value.origin.external;
  const external = { location, offset: String(offset), length: String(length) };
  return {
    ...tensor,
    dataLocation: 1,
    externalData: Object.entries(external).map(([key, entry]) => ({ key, value: entry })),
  };
}

function valueInfo(name: string, value: Value) {
  const dim = value.shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: onnxElementType[value.dtype], shape: { dim } } } };
}
