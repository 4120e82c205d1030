import { add, concat, constant, expand, matMul, reshape, slice, type Value } from '@mediclip/onnx-graph';
import { type Activation, type Block, MASKED, type Norm, norm, preNormBlock } from './transformer.js';

/** The weights of CLIP's text transformer. */
export interface ClipTextWeights {
  /** [contextLength, width] */
  readonly positionalEmbedding: Value;
  /** The embedding of the padding token, [width]. */
  readonly paddingEmbedding: Value;
  readonly blocks: readonly Block[];
  readonly finalNorm: Norm;
  /** [width, E] */
  readonly projection: Value;
}

/** `causal` is the mask that CLIP was trained with; `full` lets all positions see each other, padding included, as the method's authors do. */
export type PromptAttention = 'causal' | 'full';

/**
 * CLIP's text transformer (Radford et al. 2021) over prompt embeddings [prompts, tokens, width], to which positions have not been added. Gives [prompts, E]: the
 * projected vector at each prompt's end token. Differentiable with respect to the prompts. Golden: clip-tiny/text.
 *
 * Causal prompts may be cut after the longest end token. With full attention the padding up to the context length counts, so it is put back here.
 */
export function clipText(
  prompts: Value,
  endPositions: readonly number[],
  weights: ClipTextWeights,
  activation: Activation,
  attention: PromptAttention,
): Value {
  const padded = attention === 'full' ? padToContext(prompts, weights) : prompts;
  const [count, tokens, width] = padded.shape as [number, number, number];
  const selectEnd = rowSelector(endPositions, tokens);
  const mask = attention === 'causal' ? causalMask(tokens) : null;

  let stream = add(padded, slice(weights.positionalEmbedding, 0, 0, tokens));
  for (const block of weights.blocks.slice(0, -1)) stream = preNormBlock(stream, block, activation, mask);
  const endMask = attention === 'causal' ? causalEndMask(endPositions, tokens) : null;
  const ends = preNormBlock(stream, weights.blocks.at(-1)!, activation, endMask, selectEnd);
  return matMul(reshape(norm(ends, weights.finalNorm), [count, width]), weights.projection);
}

function padToContext(prompts: Value, { positionalEmbedding, paddingEmbedding }: ClipTextWeights): Value {
  const [count, tokens, width] = prompts.shape as [number, number, number];
  const missing = positionalEmbedding.shape[0]! - tokens;
  if (missing === 0) return prompts;
  return concat([prompts, expand(reshape(paddingEmbedding, [1, 1, width]), [count, missing, width])], 1);
}

/** Position i sees positions 0 to i: [tokens, tokens]. */
function causalMask(tokens: number): Value {
  const mask = new Float32Array(tokens * tokens);
  for (let row = 0; row < tokens; row++) mask.fill(MASKED, row * tokens + row + 1, (row + 1) * tokens);
  return constant(mask, [tokens, tokens]);
}

/** The causal mask's rows of the end positions: [prompts, 1, 1, tokens]. */
function causalEndMask(endPositions: readonly number[], tokens: number): Value {
  const mask = new Float32Array(endPositions.length * tokens);
  for (const [prompt, end] of endPositions.entries())
    mask.fill(MASKED, prompt * tokens + end + 1, (prompt + 1) * tokens);
  return constant(mask, [endPositions.length, 1, 1, tokens]);
}

/** Picks one row per prompt as a matrix product, which is differentiable: [prompts, tokens, width] -> [prompts, 1, width]. */
function rowSelector(positions: readonly number[], tokens: number): (rows: Value) => Value {
  const oneHot = new Float32Array(positions.length * tokens);
  for (const [prompt, position] of positions.entries()) oneHot[prompt * tokens + position] = 1;
  const selection = constant(oneHot, [positions.length, 1, tokens]);
  return (rows) => matMul(selection, rows);
}
