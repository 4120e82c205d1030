export {
  BLOCK,
  type BlockWeight,
  matMulBlocks,
  type StoredMatrix,
  withBlockWeights,
} from './block-weights.js';
export {
  abs,
  add,
  broadcastShapes,
  cast,
  clip,
  div,
  equal,
  erf,
  exp,
  floor,
  gelu,
  greater,
  greaterOrEqual,
  identity,
  log,
  logicalNot,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  quickGelu,
  reciprocal,
  relu,
  relu6,
  sigmoid,
  sqrt,
  sub,
  tanh,
  where,
} from './elementwise.js';
export { withFusedAttention } from './fused-attention.js';
export { gradients } from './gradients.js';
export { inHalfPrecision } from './half-precision.js';
export { concat, expand, gather, pad, reshape, slice, transpose } from './layout.js';
export { averagePool, type ConvOptions, conv, matMul, type PoolOptions } from './linear.js';
export { externalLocations, type ModelDescription, writeModel } from './model.js';
export { l2Normalise, layerNorm, softmax } from './normalisation.js';
export { type ReduceOptions, reduceMax, reduceMean, reduceMin, reduceSum, sumToShape, topK } from './reduction.js';
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
  type ExternalLocation,
  externalConstant,
  indices,
  input,
  type Shape,
  scalar,
  sizeOf,
  type Value,
} from './value.js';
