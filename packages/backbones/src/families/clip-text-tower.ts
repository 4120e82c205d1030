import type { TextTower } from '../backbone.js';
import { layoutPrompts } from '../prompts/layout-prompts.js';
import { clipTokenizer } from '../tokenizers/clip-bpe.js';
import { clipText } from '../towers/clip-text.js';
import type { Activation } from '../towers/transformer.js';
import { type ClipLayout, clipTextWeights } from '../weights/layouts/clip-layout.js';
import { matrixShape } from '../weights/layouts/names.js';
import type { WeightFile } from '../weights/weight-file.js';

/** CLIP's text transformer; `heads` defaults to the width / 64. Throws `WeightsError`. */
export function clipTextTower(file: WeightFile, layout: ClipLayout, activation: Activation, heads?: number): TextTower {
  const { text } = layout;
  const tokenizer = clipTokenizer();
  const [contextLength, width] = matrixShape(file, text.positionalEmbedding);
  const weights = clipTextWeights(file, layout, heads);
  file.expectShape(text.tokenEmbedding, [tokenizer.size, width]);
  return {
    textFamily: 'clip',
    embeddingWidth: weights.projection.shape[1]!,
    textWidth: width,
    layoutPrompts: (phrases, options) =>
      layoutPrompts(phrases, options, {
        tokenizer,
        width,
        contextLength,
        fullSeesPadding: true,
        masksFuture: true,
        embeddings: (ids) => file.rows(text.tokenEmbedding, ids),
      }),
    textFeatures: (prompts, layout, attention) => clipText(prompts, layout, weights, activation, attention),
  };
}
