import { replaceNodes } from './replace-nodes.js';
import { apply, describe, type ExternalLocation, type Shape, type Value } from './value.js';

/** Weights that share a scale. */
export const blockSize = 32;

/**
 * A matrix [out, in] in 8 bits: `blocks`, uint8 [out, in / blockSize, blockSize], of which 128 stands for 0, times
 * `scales`, float32 [out, in / blockSize].
 */
export interface BlockWeight {
  readonly blocks: Value;
  readonly scales: Value;
}

/** A matrix [out, in] that lies in a weight file. */
export interface StoredMatrix {
  readonly dtype: Value['dtype'];
  readonly shape: readonly [number, number];
  readonly external: ExternalLocation;
}

/**
 * `x` [..., in] times the transpose of a matrix in 8 bits. `x` is rounded to 8 bits in blocks of its own, so that a few
 * large channels do not cost the others their bits. An operator of ONNX Runtime, not of the standard; it has no
 * gradient rule.
 */
export function matMulBlocks(x: Value, { blocks, scales }: BlockWeight): Value {
  const [out, count, block] = blocks.shape;
  if (x.shape.at(-1) !== count! * block! || scales.shape[0] !== out || scales.shape[1] !== count) {
    throw new RangeError(`matMulBlocks cannot multiply ${describe(x)} by ${describe(blocks)} with ${describe(scales)}`);
  }
  const shape: Shape = [...x.shape.slice(0, -1), out!];
  return apply('MatMulNBits', [x, blocks, scales], [{ dtype: x.dtype, shape }], {
    K: { type: 'int', value: count! * block! },
    N: { type: 'int', value: out! },
    bits: { type: 'int', value: 8 },
    block_size: { type: 'int', value: block! },
    accuracy_level: { type: 'int', value: 4 },
  })[0]!;
}

/**
 * The same `outputs`, with the products by the transposes of stored matrices [out, in] computed in 8 bits where
 * `quantise` gives the matrix so. Asked once for each product whose `in` is whole blocks.
 */
export function withBlockWeights(
  outputs: readonly Value[],
  quantise: (matrix: StoredMatrix) => BlockWeight,
): readonly Value[] {
  return replaceNodes(outputs, ({ operator }, inputs) => {
    const matrix = operator === 'MatMul' ? storedMatrix(inputs[1]!) : undefined;
    return matrix && matMulBlocks(inputs[0]!, quantise(matrix));
  });
}

/** The matrix whose transpose, widened or not, a value is. */
function storedMatrix(value: Value): StoredMatrix | undefined {
  let stored = value;
  let transposed = false;
  while (stored.origin.kind === 'output') {
    const { operator, inputs } = stored.origin.node;
    if (operator !== 'Cast' && operator !== 'Transpose') return undefined;
    if (operator === 'Transpose') transposed = !transposed;
    stored = inputs[0]!;
  }
  const { dtype, shape, origin } = stored;
  const [out, width] = shape;
  if (origin.kind !== 'external' || !transposed || shape.length !== 2 || width! % blockSize !== 0) return undefined;
  return { dtype, shape: [out!, width!], external: origin.external };
}
