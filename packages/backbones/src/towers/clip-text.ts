import { add, constant, matMul, reshape, slice, type Value } from '@mediclip/onnx-graph';
import { type Activation, type Block, masked, type Norm, norm, preNormBlock } from './transformer.js';

/** The weights of CLIP's text transformer. */
export interface ClipTextWeights {
  /** [contextLength, width] */
  readonly positionalEmbedding: Value;
  readonly blocks: readonly Block[];
  readonly finalNorm: Norm;
  /** [width, E] */
  readonly projection: Value;
}

/**
 * `causal` is the mask that CLIP was trained with; `full` lets all positions see each other, padding included, as the
 * method's authors do.
 */
export type PromptAttention = 'causal' | 'full';

/**
 * CLIP's text transformer (Radford et al. 2021) over prompt embeddings [prompts, tokens, width], to which positions
 * have not been added. Gives [prompts, E]: the projected vector at each prompt's end token. Differentiable with respect
 * to the prompts. Golden: clip-tiny/text.
 *
 * Causal prompts may be cut after the longest end token; full attention sees the padding up to the context length, so
 * there it must be part of the prompts. Of the last block only the end rows are computed beyond keys and values.
 */
export function clipText(
  prompts: Value,
  endPositions: readonly number[],
  weights: ClipTextWeights,
  activation: Activation,
  attention: PromptAttention,
): Value {
  const [count, tokens, width] = prompts.shape as [number, number, number];
  const selectEnd = rowSelector(endPositions, tokens);
  const mask = attention === 'causal' ? causalMask(tokens) : null;

  let stream = add(prompts, slice(weights.positionalEmbedding, 0, 0, tokens));
  for (const block of weights.blocks.slice(0, -1)) stream = preNormBlock(stream, block, activation, mask);
  const endMask = attention === 'causal' ? causalEndMask(endPositions, tokens) : null;
  const ends = preNormBlock(stream, weights.blocks.at(-1)!, activation, endMask, selectEnd);
  return matMul(reshape(norm(ends, weights.finalNorm), [count, width]), weights.projection);
}

/** Position i sees positions 0 to i: [tokens, tokens]. */
function causalMask(tokens: number): Value {
  const mask = new Float32Array(tokens * tokens);
  for (let row = 0; row < tokens; row++) mask.fill(masked, row * tokens + row + 1, (row + 1) * tokens);
  return constant(mask, [tokens, tokens]);
}

/** The causal mask's rows of the end positions: [prompts, 1, 1, tokens]. */
function causalEndMask(endPositions: readonly number[], tokens: number): Value {
  const mask = new Float32Array(endPositions.length * tokens);
  for (const [prompt, end] of endPositions.entries())
    mask.fill(masked, prompt * tokens + end + 1, (prompt + 1) * tokens);
  return constant(mask, [endPositions.length, 1, 1, tokens]);
}

/**
 * Picks one row per prompt as a matrix product, which is differentiable: [prompts, tokens, width] -> [prompts, 1,
 * width].
 */
function rowSelector(positions: readonly number[], tokens: number): (rows: Value) => Value {
  const oneHot = new Float32Array(positions.length * tokens);
  for (const [prompt, position] of positions.entries()) oneHot[prompt * tokens + position] = 1;
  const selection = constant(oneHot, [positions.length, 1, tokens]);
  return (rows) => matMul(selection, rows);
}
