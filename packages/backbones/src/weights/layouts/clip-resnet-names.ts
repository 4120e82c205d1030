import { add, div, mul, reshape, scalar, sqrt, sub } from '@mediclip/onnx-graph';
import { type Bottleneck, type ClipResNetWeights, resnetStages } from '../../towers/clip-resnet.js';
import type { Convolution } from '../../towers/convolution.js';
import type { WeightFile } from '../weight-file.js';
import { countBlocks, gridSide, matrixShape } from './names.js';

const epsilon = 1e-5;
const firstConvolution = 'visual.conv1.weight';
const positionNames = 'visual.attnpool.positional_embedding';

/** Whether the file holds CLIP's ResNet under OpenCLIP's names. */
export const holdsClipResNet = (file: WeightFile): boolean => file.hasPrefix('visual.layer1.0.');

/** The weights of CLIP's ResNet under OpenCLIP's names. Throws `WeightsError`. */
export function clipResNetWeights(file: WeightFile): ClipResNetWeights {
  const half = file.shape(firstConvolution)[0] ?? 0;
  const width = 2 * half;
  const [positions] = matrixShape(file, positionNames);
  const stem = (index: number, channels: number, inChannels: number) =>
    foldedConvolution(file, `visual.conv${index}`, `visual.bn${index}`, [channels, inChannels, 3, 3]);
  return {
    width,
    grid: gridSide(file, positions),
    stem: [stem(1, half, 3), stem(2, half, half), stem(3, width, half)],
    stages: Array.from({ length: resnetStages }, (_, index) => stage(file, index, width)),
  };
}

/** Stage `index`, counted from 0. */
function stage(file: WeightFile, index: number, width: number): Bottleneck[] {
  const name = `visual.layer${index + 1}`;
  const planes = width * 2 ** index;
  return Array.from({ length: countBlocks(file, name) }, (_, place) => {
    const block = `${name}.${place}`;
    const inChannels = place > 0 ? 4 * planes : index > 0 ? 2 * planes : planes;
    const layer = (part: number, shape: readonly number[]) =>
      foldedConvolution(file, `${block}.conv${part}`, `${block}.bn${part}`, shape);
    return {
      reduce: layer(1, [planes, inChannels, 1, 1]),
      filter: layer(2, [planes, planes, 3, 3]),
      expand: layer(3, [4 * planes, planes, 1, 1]),
      shortcut:
        place === 0
          ? foldedConvolution(file, `${block}.downsample.0`, `${block}.downsample.1`, [4 * planes, inChannels, 1, 1])
          : null,
    };
  });
}

/**
 * A convolution that does the work of the batch norm behind it too. Both are constants, so a runtime folds them when it
 * loads the graph.
 */
function foldedConvolution(
  file: WeightFile,
  convolution: string,
  batchNorm: string,
  shape: readonly number[],
): Convolution {
  const [channels] = shape as [number];
  const part = (name: string) => file.constant(`${batchNorm}.${name}`, [channels]);
  const factor = div(part('weight'), sqrt(add(part('running_var'), scalar(epsilon))));
  return {
    weight: mul(file.constant(`${convolution}.weight`, shape), reshape(factor, [channels, 1, 1, 1])),
    bias: sub(part('bias'), mul(part('running_mean'), factor)),
  };
}
