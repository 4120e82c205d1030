import { join } from 'node:path';
import { gelu, matMul, transpose } from '@mediclip/onnx-graph';
import type { Backbone, PerChannel } from '../backbone.js';
import { readWordPiece } from '../tokenizers/wordpiece.js';
import { combinedDigest, fileDigest } from '../weights/digests.js';
import { bertWeights } from '../weights/layouts/bert-names.js';
import { matrixShape } from '../weights/layouts/names.js';
import { timmVitWeights } from '../weights/layouts/timm-vit-names.js';
import { WeightFile } from '../weights/weight-file.js';
import { type BertHead, bertTextTower } from './bert-text-tower.js';
import { type ImageOptions, visionTransformerTower } from './vision-transformer-tower.js';

export interface BiomedClipOptions extends ImageOptions {
  readonly mean: PerChannel;
  readonly std: PerChannel;
  /** The weight file and the vocabulary, by their names in the folder. */
  readonly files: readonly string[];
}

const textHeads = 12;

/**
 * BiomedCLIP (Zhang et al. 2023): timm's ViT-B/16 with exact GELU, and PubMedBERT, whose class token goes through a
 * linear layer, GELU and another one (no biases). The file has OpenCLIP's names; the vocabulary lies beside it. Taps
 * are blocks counted from 1. Throws `WeightsError`.
 */
export function openBiomedClip(
  folder: string,
  { files, mean, std, ...image }: BiomedClipOptions,
  heads: number = textHeads,
): Backbone {
  const [weightsPath, vocabularyPath] = files.map((name) => join(folder, name)) as [string, string];
  const file = new WeightFile(weightsPath);
  const text = 'text.transformer.';
  return {
    id: 'biomedclip',
    licence: 'MIT',
    digest: combinedDigest([weightsPath, vocabularyPath].map(fileDigest)),
    mean,
    std,
    weights: { [file.location]: file.path },
    ...visionTransformerTower('timm-vit', timmVitWeights(file, 'visual.trunk.', heads), gelu, image),
    ...bertTextTower(file, bertWeights(file, text, heads), text, readWordPiece(vocabularyPath), projection(file)),
  };
}

function projection(file: WeightFile): BertHead {
  const [first, second] = ['text.proj.0.weight', 'text.proj.2.weight'] as const;
  const [hidden, width] = matrixShape(file, first);
  const [embeddingWidth] = matrixShape(file, second);
  const inner = transpose(file.constant(first, [hidden, width]));
  const outer = transpose(file.constant(second, [embeddingWidth, hidden]));
  return {
    pooling: 'class-token',
    embeddingWidth,
    project: (pooled) => matMul(gelu(matMul(pooled, inner)), outer),
  };
}
