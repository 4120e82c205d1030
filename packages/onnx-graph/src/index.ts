export {
  type BlockWeight,
  blockSize,
  matMulBlocks,
  type StoredMatrix,
  withBlockWeights,
} from './block-weights.js';
export {
  abs,
  add,
  cast,
  clip,
  div,
  erf,
  exp,
  gelu,
  greater,
  log,
  minimum,
  mul,
  neg,
  pow,
  quickGelu,
  relu,
  relu6,
  sigmoid,
  sqrt,
  sub,
  where,
} from './elementwise.js';
export { withFusedAttention } from './fused-attention.js';
export { gradients } from './gradients.js';
export { inHalfPrecision } from './half-precision.js';
export { concat, expand, gather, pad, reshape, slice, transpose } from './layout.js';
export { averagePool, conv, matMul } from './linear.js';
export { externalLocations, type ModelDescription, writeModel } from './model.js';
export { l2Normalise, layerNorm, softmax } from './normalisation.js';
export { toOutOfMemoryError } from './out-of-memory.js';
export { reduceMax, reduceMean, reduceSum, reduceSumSquare, topK } from './reduction.js';
export {
  type ElementType,
  type ModelSource,
  OutOfMemoryError,
  type Runtime,
  type Session,
  type Tensor,
} from './runtime.js';
export {
  constant,
  externalConstant,
  input,
  scalar,
  sizeOf,
  type Value,
} from './value.js';
