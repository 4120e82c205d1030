import { add, constant, gelu, matMul, reshape, slice, type Value } from '@mediclip/onnx-graph';
import { type Block, masked, type Norm, norm, postNormBlock } from './transformer.js';

/** The weights of BERT without its pooler. */
export interface BertWeights {
  /** [positions, width] */
  readonly positionalEmbedding: Value;
  /** The embedding of segment A, [width]. */
  readonly segmentEmbedding: Value;
  readonly embeddingNorm: Norm;
  readonly blocks: readonly Block[];
}

export type BertPooling = 'mean' | 'class-token';

/**
 * BERT (Devlin et al. 2019) over prompt embeddings [prompts, tokens, width], to which positions and segments have not
 * been added. What follows a prompt's end token is padding, which is not seen. Gives [prompts, width]: the mean over
 * the real tokens, or the class token. Differentiable with respect to the prompts. Golden: lite.
 */
export function bertText(
  prompts: Value,
  endPositions: readonly number[],
  weights: BertWeights,
  pooling: BertPooling,
): Value {
  const [count, tokens, width] = prompts.shape as [number, number, number];
  const positions = slice(weights.positionalEmbedding, 0, 0, tokens);
  const mask = paddingMask(endPositions, tokens);
  let stream = norm(add(prompts, add(positions, weights.segmentEmbedding)), weights.embeddingNorm);
  for (const block of weights.blocks) stream = postNormBlock(stream, block, gelu, mask);
  return reshape(matMul(poolingMatrix(endPositions, tokens, pooling), stream), [count, width]);
}

/** [prompts, 1, 1, tokens], added to attention scores. */
function paddingMask(endPositions: readonly number[], tokens: number): Value {
  const mask = new Float32Array(endPositions.length * tokens);
  for (const [prompt, end] of endPositions.entries())
    mask.fill(masked, prompt * tokens + end + 1, (prompt + 1) * tokens);
  return constant(mask, [endPositions.length, 1, 1, tokens]);
}

/** [prompts, 1, tokens]: 1 / real tokens on every real token, or 1 on the first. */
function poolingMatrix(endPositions: readonly number[], tokens: number, pooling: BertPooling): Value {
  const matrix = new Float32Array(endPositions.length * tokens);
  for (const [prompt, end] of endPositions.entries()) {
    const pooled = pooling === 'mean' ? end + 1 : 1;
    matrix.fill(1 / pooled, prompt * tokens, prompt * tokens + pooled);
  }
  return constant(matrix, [endPositions.length, 1, tokens]);
}
