import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Value } from '@mediclip/onnx-graph';
import type { Backbone } from './backbone.js';
import { checkPixels, checkTaps } from './checks.js';
import { bertWeights } from './layouts/bert-names.js';
import { layoutPrompts } from './prompts/layout-prompts.js';
import { wordPieceTokenizer } from './tokenizers/wordpiece.js';
import { bertText } from './towers/bert-text.js';
import { EFFICIENTNET_LITE0, efficientNetLite, liteGrid } from './towers/efficientnet-lite.js';
import { combinedDigest, verifiedDigests } from './weights/digests.js';
import { WeightFile } from './weights/weight-file.js';

export const LITE_FOLDER = fileURLToPath(new URL('../weights/lite', import.meta.url));
export const LITE_FILES = ['image.safetensors', 'text.safetensors'] as const;

const SIDE = 224;
const HEADS = 12;
const WORD_EMBEDDINGS = 'embeddings.word_embeddings.weight';

/**
 * The bundled backbone: EfficientNet-Lite0 for images, all-MiniLM-L6-v2 with mean pooling for prompts. They were not trained together. Taps are
 * blocks counted from 0. Throws `WeightsError` when the weights are not the published ones.
 */
export function openLite(folder: string = LITE_FOLDER): Backbone {
  const digest = combinedDigest(verifiedDigests(folder, LITE_FILES));
  const [image, text] = LITE_FILES.map((name) => new WeightFile(join(folder, name))) as [WeightFile, WeightFile];
  const bert = bertWeights(text, '', HEADS);
  const [contextLength, width] = bert.positionalEmbedding.shape as [number, number];
  const part = (name: string) => image.constant(name, image.shape(name));
  const convolution = (name: string) => ({ weight: part(`${name}.weight`), bias: part(`${name}.bias`) });
  const tapShape = (tap: number) => {
    checkTaps('lite', [tap], 0, EFFICIENTNET_LITE0.length - 1);
    return { channels: EFFICIENTNET_LITE0[tap]!.outChannels, grid: liteGrid(SIDE, tap) };
  };
  return {
    id: 'lite',
    family: 'efficientnet-lite',
    textFamily: 'bert',
    licence: 'Apache-2.0',
    digest,
    side: SIDE,
    mean: [0.498, 0.498, 0.498],
    std: [0.502, 0.502, 0.502],
    embeddingWidth: width,
    textWidth: width,
    defaultTaps: [4, 10, 15],
    weights: { [image.location]: image.path, [text.location]: text.path },
    tapShape,
    imageFeatures(pixels: Value, taps: readonly number[]) {
      checkPixels('lite', pixels, SIDE);
      checkTaps('lite', taps, 0, EFFICIENTNET_LITE0.length - 1);
      return efficientNetLite(pixels, convolution, taps);
    },
    layoutPrompts: (phrases, options) =>
      layoutPrompts(phrases, options, {
        tokenizer: wordPieceTokenizer(),
        width,
        contextLength,
        fullSeesPadding: false,
        embeddings: (ids) => text.rows(WORD_EMBEDDINGS, ids),
      }),
    textFeatures: (prompts, layout) => bertText(prompts, layout.endPositions, bert, 'mean'),
  };
}
