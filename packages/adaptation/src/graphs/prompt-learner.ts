import type { Backbone } from '@mediclip/backbones';
import { add, concat, constant, expand, l2Normalise, matMul, mul, scalar, type Value } from '@mediclip/onnx-graph';
import type { PhrasePosition, PromptOptions } from '../options.js';

/** The name of a context parameter, e.g. `ctx.normal.end`. */
export const contextName = (state: 'normal' | 'abnormal', position: PhrasePosition): string =>
  `ctx.${state}.${position}`;

/**
 * The embeddings of the two states, [2, E], row 0 normal and row 1 abnormal (method.md, section 3): learnable context
 * vectors are put at their places among frozen token embeddings, every prompt goes through the text tower, and a
 * state's prompts (over all phrase positions) are averaged, then L2-normalised.
 *
 * `context` holds a value per context parameter: [phrases, contextTokens, width] if class-specific, else
 * [contextTokens, width].
 */
export function stateEmbeddings(
  backbone: Backbone,
  options: PromptOptions,
  context: ReadonlyMap<string, Value>,
): Value {
  const { normal, abnormal } = options.prompts;
  const phrases = [...normal, ...abnormal];
  const perPosition = options.phrasePositions.map((position) => {
    const layout = backbone.layoutPrompts(phrases, {
      contextTokens: options.contextTokens,
      position,
      attention: options.promptAttention,
      ...(!options.classSpecificContext && { contextOf: phrases.map((_, phrase) => (phrase < normal.length ? 0 : 1)) }),
    });
    const vectors = concat(
      [
        perPhrase(context.get(contextName('normal', position))!, normal.length),
        perPhrase(context.get(contextName('abnormal', position))!, abnormal.length),
      ],
      0,
    );
    const frozen = constant(
      layout.tokenEmbeddings,
      [phrases.length, layout.tokens, backbone.textWidth],
      `tokens.${position}`,
    );
    const prompts = add(frozen, matMul(placement(layout.contextPositions, layout.tokens), vectors));
    return backbone.textFeatures(prompts, layout, options.promptAttention);
  });
  const summed = perPosition.reduce(add);
  const mean = mul(matMul(averaging(normal.length, abnormal.length), summed), scalar(1 / perPosition.length));
  return l2Normalise(mean, 1);
}

/** Context vectors shared by a state's phrases are repeated for each of them. */
function perPhrase(vectors: Value, phrases: number): Value {
  return vectors.shape.length === 3 ? vectors : expand(vectors, [phrases, ...vectors.shape]);
}

/** One-hot [prompts, tokens, contextTokens]: which token position of a prompt holds which context vector. */
function placement(positions: readonly (readonly number[])[], tokens: number): Value {
  const contextTokens = positions[0]!.length;
  const data = new Float32Array(positions.length * tokens * contextTokens);
  for (const [prompt, places] of positions.entries()) {
    for (const [vector, place] of places.entries()) data[(prompt * tokens + place) * contextTokens + vector] = 1;
  }
  return constant(data, [positions.length, tokens, contextTokens]);
}

/** [2, prompts]: the matrix that averages each state's prompts. */
function averaging(normal: number, abnormal: number): Value {
  const prompts = normal + abnormal;
  const data = new Float32Array(2 * prompts);
  data.fill(1 / normal, 0, normal);
  data.fill(1 / abnormal, prompts + normal);
  return constant(data, [2, prompts]);
}
