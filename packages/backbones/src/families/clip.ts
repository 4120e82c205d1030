import { gelu, quickGelu } from '@mediclip/onnx-graph';
import type { Backbone, PerChannel } from '../backbone.js';
import { fileDigest } from '../weights/digests.js';
import { clipLayout, clipVitWeights } from '../weights/layouts/clip-layout.js';
import { holdsClipResNet } from '../weights/layouts/clip-resnet-names.js';
import { WeightFile } from '../weights/weight-file.js';
import { clipResNetTower } from './clip-resnet-tower.js';
import { clipTextTower } from './clip-text-tower.js';
import { visionTransformerTower } from './vision-transformer-tower.js';

/**
 * QuickGELU in OpenAI's weights, exact GELU in most of OpenCLIP's. The wrong one gives wrong features without any
 * error.
 */
export type ClipActivation = 'quickgelu' | 'gelu';

export interface ClipOptions {
  /** A safetensors file with OpenCLIP's or Hugging Face's names. */
  readonly weightsPath: string;
  readonly activation: ClipActivation;
  /** Default: `clip`. */
  readonly id?: string;
  /** Default: `unknown`. */
  readonly licence?: string;
  /** Side of the input in pixels, a multiple of the patch side (of 32 for a ResNet); default: the weights' own. */
  readonly side?: number;
  /** Attention heads of a vision transformer; default: its width / 64. */
  readonly imageHeads?: number;
  /** Attention heads of the text tower; default: its width / 64. */
  readonly textHeads?: number;
  /** Default: the blocks at a half, three quarters and the end of a vision transformer, all four stages of a ResNet. */
  readonly taps?: readonly number[];
  /** The mean that is taken from the pixels, on a scale from 0 to 1; default: CLIP's own. */
  readonly mean?: PerChannel;
  readonly std?: PerChannel;
}

/** Mean and deviation of red, green and blue, on a scale from 0 to 1, that OpenAI's weights were trained with. */
export const clipMean: PerChannel = [0.48145466, 0.4578275, 0.40821073];
export const clipStd: PerChannel = [0.26862954, 0.26130258, 0.27577711];

/**
 * A CLIP from its weight file, which says whether its image tower is a vision transformer (taps are blocks counted from
 * 1) or a ResNet (stages counted from 1), and all widths and depths. Throws `WeightsError` when the file holds no such
 * model. Golden: clip-tiny, clip-tiny-resnet.
 */
export function openClipBackbone(options: ClipOptions): Backbone {
  const { weightsPath, id = 'clip', licence = 'unknown', mean = clipMean, std = clipStd } = options;
  const activation = { quickgelu: quickGelu, gelu }[options.activation];
  const file = new WeightFile(weightsPath);
  const layout = clipLayout(file);
  const imageTower = holdsClipResNet(file)
    ? clipResNetTower(file, options)
    : visionTransformerTower('clip-vit', clipVitWeights(file, layout, options.imageHeads), activation, options);
  return {
    id,
    licence,
    digest: fileDigest(weightsPath),
    mean,
    std,
    weights: { [file.location]: file.path },
    ...imageTower,
    ...clipTextTower(file, layout, activation, options.textHeads),
  };
}
