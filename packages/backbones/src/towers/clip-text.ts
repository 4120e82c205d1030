import { add, constant, gather, matMul, reshape, slice, type Value } from '@mediclip/onnx-graph';
import { fromRows, type PromptTokens, type TokenRows, toRows } from '../prompts/token-rows.js';
import {
  type Activation,
  type Block,
  masked,
  type Norm,
  norm,
  preNormBlock,
  type Selection,
  type Sequences,
} from './transformer.js';

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
 * Causal prompts may be cut after the longest end token, and what two of them begin with is computed once; full
 * attention sees the padding up to the context length, so there it must be part of the prompts. Of the last block only
 * the end rows are computed beyond keys and values.
 */
export function clipText(
  prompts: Value,
  { endPositions, rows }: PromptTokens,
  weights: ClipTextWeights,
  activation: Activation,
  attention: PromptAttention,
): Value {
  const [count, tokens] = prompts.shape as [number, number, number];
  const mask = attention === 'causal' ? causalMask(tokens) : null;
  const sequences: Sequences = {
    spread: (computed) => fromRows(computed, rows, count),
    collect: (padded) => toRows(padded, rows),
  };

  let stream = toRows(add(prompts, slice(weights.positionalEmbedding, 0, 0, tokens)), rows);
  for (const block of weights.blocks.slice(0, -1)) stream = preNormBlock(stream, block, activation, mask, sequences);
  const endMask = attention === 'causal' ? causalEndMask(endPositions, tokens) : null;
  const ends = preNormBlock(
    stream,
    weights.blocks.at(-1)!,
    activation,
    endMask,
    sequences,
    endTokens(endPositions, rows),
  );
  return matMul(norm(ends, weights.finalNorm), weights.projection);
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

/** The row of each prompt's end token, as a sequence of one. */
function endTokens(endPositions: readonly number[], { places }: TokenRows): Selection {
  const tokens = places.length / endPositions.length;
  const ends = endPositions.map((end, prompt) => places[prompt * tokens + end]!);
  return {
    pick: (computed) => gather(computed, ends),
    from: {
      spread: (picked) => reshape(picked, [ends.length, 1, picked.shape[1]!]),
      collect: (sequence) => reshape(sequence, [ends.length, sequence.shape[2]!]),
    },
  };
}
