import type { Value } from '@mediclip/onnx-graph';
import type { TextTower } from '../backbone.js';
import { layoutPrompts } from '../prompts/layout-prompts.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import { type BertPooling, type BertWeights, bertText } from '../towers/bert-text.js';
import { matrixShape } from '../weights/layouts/names.js';
import type { WeightFile } from '../weights/weight-file.js';

/** What follows BERT: how its tokens are pooled (default: their mean), and what is done with [prompts, width] then. */
export interface BertHead {
  readonly pooling: BertPooling;
  readonly embeddingWidth: number;
  readonly project: (pooled: Value) => Value;
}

/**
 * A BERT whose names in the file start with `prefix`. Padding is masked, so prompts are always cut at the longest.
 * Throws `WeightsError`.
 */
export function bertTextTower(
  file: WeightFile,
  weights: BertWeights,
  prefix: string,
  tokenizer: Tokenizer,
  head?: BertHead,
): TextTower {
  const wordEmbeddings = `${prefix}embeddings.word_embeddings.weight`;
  const [contextLength, width] = weights.positionalEmbedding.shape as [number, number];
  const [rows] = matrixShape(file, wordEmbeddings);
  file.expectShape(wordEmbeddings, [Math.max(rows, tokenizer.size), width]);
  const { pooling, embeddingWidth, project } = head ?? {
    pooling: 'mean',
    embeddingWidth: width,
    project: (pooled: Value) => pooled,
  };
  return {
    textFamily: 'bert',
    embeddingWidth,
    textWidth: width,
    layoutPrompts: (phrases, options) =>
      layoutPrompts(phrases, options, {
        tokenizer,
        width,
        contextLength,
        fullSeesPadding: false,
        masksFuture: false,
        embeddings: (ids) => file.rows(wordEmbeddings, ids),
      }),
    textFeatures: (prompts, layout) => project(bertText(prompts, layout, weights, pooling)),
  };
}
