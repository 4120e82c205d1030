import { readFileSync } from 'node:fs';
import { input, type Value, writeModel } from '@mediclip/onnx-graph';
import { runModel } from '@mediclip/testing';
import type { Backbone } from '../backbone.js';
import type { LayoutOptions } from '../prompts/layout-prompts.js';

interface FloatTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Runs outputs of a graph over one float32 input, with the weights of the backbone. */
async function run(
  { weights }: Pick<Backbone, 'weights'>,
  feed: FloatTensor,
  build: (x: Value) => Value[],
): Promise<FloatTensor[]> {
  const x = input('x', 'float32', feed.shape);
  const outputs = build(x);
  const model = writeModel({
    name: 'tower',
    inputs: [x],
    outputs: Object.fromEntries(outputs.map((output, index) => [`${index}`, output])),
  });
  const files = Object.entries(weights).map(([location, path]) => [location, readFileSync(path)]);
  const results = await runModel(model, { x: { dtype: 'float32', ...feed } }, Object.fromEntries(files));
  return outputs.map((_, index) => results[`${index}`]!);
}

/** The features of normalised images, per tap. */
export function runImageTower(
  tower: Pick<Backbone, 'weights' | 'imageFeatures'>,
  pixels: FloatTensor,
  taps: readonly number[],
): Promise<FloatTensor[]> {
  return run(tower, pixels, (x) => tower.imageFeatures(x, taps));
}

/** The embeddings [phrases, E] of phrases with `context` [phrases, contextTokens, width] put in the layout's places. */
export async function runTextTower(
  backbone: Backbone,
  phrases: readonly string[],
  context: Float32Array,
  options: LayoutOptions,
): Promise<Float32Array> {
  const width = backbone.textWidth;
  const layout = backbone.layoutPrompts(phrases, options);
  const prompts = layout.tokenEmbeddings.slice();
  for (const [phrase, places] of layout.contextPositions.entries()) {
    for (const [vector, place] of places.entries()) {
      const from = (phrase * options.contextTokens + vector) * width;
      prompts.set(context.subarray(from, from + width), (phrase * layout.tokens + place) * width);
    }
  }
  const feed = { shape: [phrases.length, layout.tokens, width], data: prompts };
  const [features] = await run(backbone, feed, (x) => [backbone.textFeatures(x, layout, options.attention)]);
  return features!.data;
}

/** The mean of rows `start` to `end` of [rows, width], scaled to length 1. */
export function stateVector(rows: Float32Array, width: number, start: number, end: number): Float32Array {
  const sum = new Float64Array(width);
  for (let row = start; row < end; row++) {
    for (let column = 0; column < width; column++) sum[column]! += rows[row * width + column]!;
  }
  const length = Math.hypot(...sum);
  return Float32Array.from(sum, (value) => value / length);
}
