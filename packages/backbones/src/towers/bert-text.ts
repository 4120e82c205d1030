import { add, constant, gelu, matMul, reshape, slice, type Value } from '@mediclip/onnx-graph';
import { type Block, MASKED, type Norm, norm, postNormBlock } from './transformer.js';

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
 * BERT (Devlin et al. 2019) over prompt embeddings [prompts, tokens, width], to which positions and segments have not been added. `tokenMask`
 * [prompts * tokens] is 1 for real tokens; padding is not seen. Gives [prompts, width]: the mean over the real tokens, or the class token.
 * Differentiable with respect to the prompts. Golden: lite.
 */
export function bertText(prompts: Value, tokenMask: Float32Array, weights: BertWeights, pooling: BertPooling): Value {
  const [count, tokens, width] = prompts.shape as [number, number, number];
  const positions = slice(weights.positionalEmbedding, 0, 0, tokens);
  const mask = constant(
    tokenMask.map((real) => (real ? 0 : MASKED)),
    [count, 1, 1, tokens],
  );
  let stream = norm(add(prompts, add(positions, weights.segmentEmbedding)), weights.embeddingNorm);
  for (const block of weights.blocks) stream = postNormBlock(stream, block, gelu, mask);
  return reshape(matMul(poolingMatrix(tokenMask, count, tokens, pooling), stream), [count, width]);
}

/** [prompts, 1, tokens]: 1 / real tokens on every real token, or 1 on the first. */
function poolingMatrix(tokenMask: Float32Array, prompts: number, tokens: number, pooling: BertPooling): Value {
  const matrix = new Float32Array(prompts * tokens);
  for (let prompt = 0; prompt < prompts; prompt++) {
    const row = tokenMask.subarray(prompt * tokens, (prompt + 1) * tokens);
    const real = row.reduce((sum, value) => sum + value, 0);
    if (pooling === 'mean')
      matrix.set(
        row.map((value) => value / real),
        prompt * tokens,
      );
    else matrix[prompt * tokens] = 1;
  }
  return constant(matrix, [prompts, 1, tokens]);
}
