import type { Value } from '@mediclip/onnx-graph';

/** A convolution with the batch norm behind it folded in: `weight` [out, in / groups, rows, columns], `bias` [out]. */
export interface Convolution {
  readonly weight: Value;
  readonly bias: Value;
}
