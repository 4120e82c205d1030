import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Backbone, ImageTower } from '../backbone.js';
import { bertWeights } from '../layouts/bert-names.js';
import { wordPieceTokenizer } from '../tokenizers/wordpiece.js';
import { EFFICIENTNET_LITE0, efficientNetLite, liteGrid } from '../towers/efficientnet-lite.js';
import { combinedDigest, verifiedDigests } from '../weights/digests.js';
import { WeightFile } from '../weights/weight-file.js';
import { bertTextTower } from './bert-text-tower.js';
import { checkPixels, checkTaps } from './checks.js';

export const LITE_FOLDER = fileURLToPath(new URL('../../weights/lite', import.meta.url));
const FILES = ['image.safetensors', 'text.safetensors'] as const;
const SIDE = 224;
const HEADS = 12;

/**
 * The bundled backbone: EfficientNet-Lite0 for images, all-MiniLM-L6-v2 with mean pooling for prompts. They were not
 * trained together. Taps are blocks counted from 0. Throws `WeightsError` when the weights in `folder` are not the ones
 * it lists. Golden: lite.
 */
export function openLite(folder: string = LITE_FOLDER): Backbone {
  const digest = combinedDigest(verifiedDigests(folder, FILES));
  const [image, text] = FILES.map((name) => new WeightFile(join(folder, name))) as [WeightFile, WeightFile];
  return {
    id: 'lite',
    licence: 'Apache-2.0',
    digest,
    mean: [0.498, 0.498, 0.498],
    std: [0.502, 0.502, 0.502],
    weights: { [image.location]: image.path, [text.location]: text.path },
    ...imageTower(image),
    ...bertTextTower(text, bertWeights(text, '', HEADS), '', wordPieceTokenizer()),
  };
}

function imageTower(file: WeightFile): ImageTower {
  const lastTap = EFFICIENTNET_LITE0.length - 1;
  const constant = (name: string) => file.constant(name, file.shape(name));
  const convolution = (name: string) => ({ weight: constant(`${name}.weight`), bias: constant(`${name}.bias`) });
  return {
    family: 'efficientnet-lite',
    side: SIDE,
    defaultTaps: [4, 10, 15],
    tapShape(tap) {
      checkTaps([tap], 0, lastTap);
      return { channels: EFFICIENTNET_LITE0[tap]!.outChannels, grid: liteGrid(SIDE, tap) };
    },
    imageFeatures(pixels, taps) {
      checkPixels(pixels, SIDE);
      checkTaps(taps, 0, lastTap);
      return efficientNetLite(pixels, convolution, taps);
    },
  };
}
