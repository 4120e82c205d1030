import { expect, test } from '@jest/globals';
import { concat, inHalfPrecision, type Value } from '@mediclip/onnx-graph';
import { goldenPath } from '@mediclip/testing';
import type { Backbone } from '../backbone.js';
import { goldenClipPaths } from '../testing/golden-clip.js';
import { runImageTower } from '../testing/run-backbone.js';
import { WeightFile } from '../weights/weight-file.js';
import { openBiomedClip } from './biomedclip.js';
import { openClipBackbone } from './clip.js';
import { clipResNetTower } from './clip-resnet-tower.js';
import { openLite } from './lite.js';

type Tower = Pick<Backbone, 'side' | 'defaultTaps' | 'imageFeatures' | 'weights'>;

const resNetFile = new WeightFile(goldenPath('clip-tiny-resnet/open_clip_visual.safetensors'));
const plain = { mean: [0, 0, 0], std: [1, 1, 1] } as const;
const lite = openLite();
const clip = { weightsPath: goldenClipPaths().openClip, imageHeads: 4, textHeads: 4 };

/** Between any two operators a result is rounded to float16 on a processor too. */
const round = (result: Value): Value => concat([concat([result], 0)], 0);

/** The smallest cosine between the two vectors of a location; the rounding of float16 alone leaves it above these. */
test.each<[string, Tower, number]>([
  ["CLIP's vision transformer", openClipBackbone({ ...clip, activation: 'quickgelu' }), 0.9999],
  ["CLIP's vision transformer with exact GELU", openClipBackbone({ ...clip, activation: 'gelu' }), 0.9999],
  ["CLIP's ResNet", { ...clipResNetTower(resNetFile), weights: { [resNetFile.location]: resNetFile.path } }, 0.9999],
  [
    "timm's vision transformer",
    openBiomedClip(goldenPath('biomedclip-tiny'), { ...plain, files: ['open_clip_model.safetensors', 'vocab.txt'] }, 2),
    0.9999,
  ],
  ['the bundled weights', lite, 0.999],
  ['the bundled weights of the memory', { ...lite, defaultTaps: lite.memoryTaps! }, 0.999],
])('in half precision, features point where those of float32 do: %s', async (_, tower, cosine) => {
  const { side, defaultTaps: taps } = tower;
  const data = Float32Array.from(
    { length: 3 * side * side },
    (__, i) => Math.sin(i / 7) + Math.cos(i / (11 + (i % 5))),
  );
  const pixels = { shape: [1, 3, side, side], data };
  const inHalf = {
    weights: tower.weights,
    imageFeatures: (x: Value, wanted: readonly number[]) => inHalfPrecision(tower.imageFeatures(x, wanted), [x], round),
  };
  const expected = await runImageTower(tower, pixels, taps);
  const actual = await runImageTower(inHalf, pixels, taps);
  for (const [tap, { data: exact, shape }] of expected.entries()) {
    expect(actual[tap]!.shape).toEqual(shape);
    const [worst, error] = comparison(exact, actual[tap]!.data, shape[1]!);
    expect(worst).toBeGreaterThan(cosine);
    // It was really computed in half precision.
    expect(error).toBeGreaterThan(1e-4);
  }
});

/** The smallest cosine of a location's vectors [channels], and the relative error of all of them together. */
function comparison(a: Float32Array, b: Float32Array, channels: number): [number, number] {
  const places = a.length / channels;
  const cosines = Array.from({ length: places }, (_, place) => {
    let [ab, aa, bb] = [0, 0, 0];
    for (let i = place; i < a.length; i += places) {
      ab += a[i]! * b[i]!;
      aa += a[i]! ** 2;
      bb += b[i]! ** 2;
    }
    return ab / Math.sqrt(aa * bb);
  });
  const length = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
  return [Math.min(...cosines), length(a.map((value, i) => value - b[i]!)) / length(a)];
}
