import type { ImageTower } from '../backbone.js';
import { clipResNet, resnetStages, resnetStep } from '../towers/clip-resnet.js';
import { clipResNetWeights } from '../weights/layouts/clip-resnet-names.js';
import type { WeightFile } from '../weights/weight-file.js';
import { checkPixels, checkSide, checkTaps } from './checks.js';
import type { ImageOptions } from './vision-transformer-tower.js';

/** CLIP's ResNet under OpenCLIP's names; taps are stages counted from 1. Throws `WeightsError`. */
export function clipResNetTower(file: WeightFile, options: ImageOptions = {}): ImageTower {
  const weights = clipResNetWeights(file);
  const side = options.side ?? weights.grid * resnetStep;
  checkSide(side, resnetStep);
  const defaultTaps = options.taps ?? [1, 2, 3, 4];
  checkTaps(defaultTaps, 1, resnetStages);
  return {
    family: 'clip-resnet',
    side,
    defaultTaps,
    tapShape(tap) {
      checkTaps([tap], 1, resnetStages);
      return { channels: weights.width * 2 ** (tap + 1), grid: side / 2 ** (tap + 1) };
    },
    imageFeatures(pixels, taps) {
      checkPixels(pixels, side);
      checkTaps(taps, 1, resnetStages);
      return clipResNet(pixels, weights, taps);
    },
  };
}
