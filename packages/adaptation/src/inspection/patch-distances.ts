import { input, matMul, reduceMax, reshape, scalar, sub, transpose, writeModel } from '@mediclip/onnx-graph';
import type { NormalImage } from '@mediclip/synthesis';
import { featureInputs } from '../graphs/artifacts.js';
import { patchDescriptors } from '../graphs/patch-memory.js';
import { atTaps, stackFeatures } from '../tower/features.js';
import type { Tower } from '../tower/tower.js';

/** Places along each side that are compared, of a grid that has more. */
const mostPlaces = 14;

/**
 * Of one image after the other, how far its places are from the nearest place of each image (1 minus the cosine of
 * their descriptors at the taps of a memory, `compared`): [places, images], its own column 0.
 */
export async function* patchDistances(
  tower: Tower,
  compared: readonly number[],
  images: readonly NormalImage[],
): AsyncGenerator<Float32Array> {
  const places: Float32Array[] = [];
  for await (const descriptors of placeDescriptors(tower, compared, images)) places.push(descriptors);
  const [first] = places;
  if (!first) return;
  const width = descriptorWidth(tower, compared);
  const count = first.length / width;
  const own = input('own', 'float32', [count, width]);
  const all = input('all', 'float32', [images.length * count, width]);
  const similarity = reshape(matMul(own, transpose(all)), [count, images.length, count]);
  const distances = sub(scalar(1), reduceMax(similarity, { axes: [2] }));
  const session = await tower.runtime.createSession({
    bytes: writeModel({ name: 'patch-distances', inputs: [own, all], outputs: { distances } }),
  });
  const rows = new Float32Array(images.length * first.length);
  for (const [index, ofImage] of places.entries()) rows.set(ofImage, index * first.length);
  const tensor = (shape: readonly number[], data: Float32Array) => ({ dtype: 'float32' as const, shape, data });
  try {
    for (const ofImage of places) {
      const outputs = await session.run({ own: tensor(own.shape, ofImage), all: tensor(all.shape, rows) });
      yield outputs.distances!.data as Float32Array;
    }
  } finally {
    await session.release();
  }
}

const descriptorWidth = ({ backbone }: Tower, compared: readonly number[]): number =>
  compared.reduce((sum, tap) => sum + backbone.tapShape(tap).channels, 0);

/** Of every image the descriptors of some places, evenly spread, [places, width]. */
async function* placeDescriptors(
  tower: Tower,
  compared: readonly number[],
  images: readonly NormalImage[],
): AsyncGenerator<Float32Array> {
  const { runtime, backbone, taps } = tower;
  const inputs = featureInputs(backbone, taps, 1);
  const grid = Math.max(...compared.map((tap) => backbone.tapShape(tap).grid));
  const descriptors = patchDescriptors(atTaps(compared, inputs, taps), grid);
  const width = descriptorWidth(tower, compared);
  const step = Math.ceil(grid / mostPlaces);
  const along = Array.from({ length: Math.floor(grid / step) }, (_, place) => Math.floor((place + 0.5) * step));
  const session = await runtime.createSession({
    bytes: writeModel({ name: 'descriptors', inputs, outputs: { descriptors } }),
  });
  try {
    for (const { data } of images) {
      const features = await tower.featuresAlone(data);
      const { descriptors: all } = await session.run(stackFeatures([features], backbone, taps, 1));
      const kept = new Float32Array(along.length ** 2 * width);
      for (const [row, y] of along.entries()) {
        for (const [column, x] of along.entries()) {
          const start = (y * grid + x) * width;
          kept.set((all!.data as Float32Array).subarray(start, start + width), (row * along.length + column) * width);
        }
      }
      yield kept;
    }
  } finally {
    await session.release();
  }
}
