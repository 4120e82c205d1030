import { add, constant, gelu, matMul, slice, type Value } from '@mediclip/onnx-graph';
import { fromRows, type PromptTokens, type TokenRows, toRows } from '../prompts/token-rows.js';
import { type Block, masked, type Norm, norm, postNormBlock, type Sequences } from './transformer.js';

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
 * been added. What follows a prompt's end token is padding, which is neither seen nor computed. Gives [prompts, width]:
 * the mean over the real tokens, or the class token. Differentiable with respect to the prompts. Golden: lite.
 */
export function bertText(
  prompts: Value,
  { endPositions, rows }: PromptTokens,
  weights: BertWeights,
  pooling: BertPooling,
): Value {
  const [count, tokens] = prompts.shape as [number, number, number];
  const positions = slice(weights.positionalEmbedding, 0, 0, tokens);
  const mask = paddingMask(endPositions, tokens);
  const sequences: Sequences = {
    spread: (computed) => fromRows(computed, rows, count),
    collect: (padded) => toRows(padded, rows),
  };
  const embedded = toRows(add(prompts, add(positions, weights.segmentEmbedding)), rows);
  let stream = norm(embedded, weights.embeddingNorm);
  for (const block of weights.blocks) stream = postNormBlock(stream, block, gelu, mask, sequences);
  return matMul(poolingMatrix(endPositions, rows, pooling), stream);
}

/** [prompts, 1, 1, tokens], added to attention scores. */
function paddingMask(endPositions: readonly number[], tokens: number): Value {
  const mask = new Float32Array(endPositions.length * tokens);
  for (const [prompt, end] of endPositions.entries())
    mask.fill(masked, prompt * tokens + end + 1, (prompt + 1) * tokens);
  return constant(mask, [endPositions.length, 1, 1, tokens]);
}

/** [prompts, rows]: 1 / real tokens on every real token of the prompt, or 1 on its first. */
function poolingMatrix(endPositions: readonly number[], { sources, places }: TokenRows, pooling: BertPooling): Value {
  const tokens = places.length / endPositions.length;
  const matrix = new Float32Array(endPositions.length * sources.length);
  for (const [prompt, end] of endPositions.entries()) {
    const pooled = pooling === 'mean' ? end + 1 : 1;
    for (let place = 0; place < pooled; place++) {
      matrix[prompt * sources.length + places[prompt * tokens + place]!] = 1 / pooled;
    }
  }
  return constant(matrix, [endPositions.length, sources.length]);
}
