import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Value } from '@mediclip/onnx-graph';
import type { Backbone, ImageTower } from '../backbone.js';
import { wordPieceTokenizer } from '../tokenizers/wordpiece.js';
import type { Convolution } from '../towers/convolution.js';
import { efficientNetLite, efficientnetLite0, efficientnetLite2, liteTapShape } from '../towers/efficientnet-lite.js';
import { combinedDigest, verifiedDigests } from '../weights/digests.js';
import { bertWeights } from '../weights/layouts/bert-names.js';
import { WeightFile } from '../weights/weight-file.js';
import { bertTextTower } from './bert-text-tower.js';
import { checkPixels, checkTaps } from './checks.js';

/** Absolute path of the bundled weights. */
export const liteFolder = fileURLToPath(new URL('../../weights/lite', import.meta.url));
const files = ['image.safetensors', 'memory.safetensors', 'text.safetensors'] as const;
const imageSide = 224;
const heads = 12;

/**
 * The bundled backbone: EfficientNet-Lite0 for images, all-MiniLM-L6-v2 with mean pooling for prompts, which were not
 * trained together, and the first blocks of EfficientNet-Lite2 for the memory of normal patches, which tell more there
 * than Lite0's. Taps are the blocks of Lite0 counted from 0, then those of Lite2 counted on from 16. Throws
 * `WeightsError` when the weights in `folder` are not the ones it lists. Golden: lite.
 */
export function openLite(folder: string = liteFolder): Backbone {
  const digest = combinedDigest(verifiedDigests(folder, files));
  const [image, memory, text] = files.map((name) => new WeightFile(join(folder, name))) as [
    WeightFile,
    WeightFile,
    WeightFile,
  ];
  return {
    id: 'lite',
    licence: 'Apache-2.0',
    digest,
    mean: [0.498, 0.498, 0.498],
    std: [0.502, 0.502, 0.502],
    weights: Object.fromEntries([image, memory, text].map(({ location, path }) => [location, path])),
    ...imageTower(image, memory),
    ...bertTextTower(text, bertWeights(text, '', heads), '', wordPieceTokenizer()),
  };
}

function imageTower(image: WeightFile, memory: WeightFile): ImageTower {
  const firstOfLite2 = efficientnetLite0.length;
  const lastTap = firstOfLite2 + efficientnetLite2.length - 1;
  const networks = [
    { first: 0, blocks: efficientnetLite0, weights: convolutions(image) },
    { first: firstOfLite2, blocks: efficientnetLite2, weights: convolutions(memory) },
  ];
  const networkOf = (tap: number) => networks.findLast(({ first }) => tap >= first)!;
  return {
    family: 'efficientnet-lite',
    side: imageSide,
    defaultTaps: [4, 10, 15],
    memoryTaps: [firstOfLite2 + 6, firstOfLite2 + 14],
    tapShape(tap) {
      checkTaps([tap], 0, lastTap);
      const { first, blocks } = networkOf(tap);
      return liteTapShape(blocks, imageSide, tap - first);
    },
    imageFeatures(pixels, taps) {
      checkPixels(pixels, imageSide);
      checkTaps(taps, 0, lastTap);
      const features = new Map<number, Value>();
      for (const network of networks) {
        const own = taps.filter((tap) => networkOf(tap) === network);
        const { first, blocks, weights } = network;
        const tapped = efficientNetLite(
          pixels,
          blocks,
          weights,
          own.map((tap) => tap - first),
        );
        for (const [index, tap] of own.entries()) features.set(tap, tapped[index]!);
      }
      return taps.map((tap) => features.get(tap)!);
    },
  };
}

function convolutions(file: WeightFile): (name: string) => Convolution {
  const constant = (name: string) => file.constant(name, file.shape(name));
  return (name) => ({ weight: constant(`${name}.weight`), bias: constant(`${name}.bias`) });
}
