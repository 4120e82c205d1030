import type { Value } from '@mediclip/onnx-graph';
import type { LayoutOptions, PromptLayout } from './prompts/layout-prompts.js';
import type { PromptAttention } from './towers/clip-text.js';

export type ImageFamily = 'clip-vit' | 'clip-resnet' | 'timm-vit' | 'efficientnet-lite';
export type TextFamily = 'clip' | 'bert';

/** Channels and grid side of a tap: its features are [batch, channels, grid, grid]. */
export interface TapShape {
  readonly channels: number;
  readonly grid: number;
}

/** A frozen image tower as a graph. */
export interface ImageTower {
  readonly family: ImageFamily;
  /** Side of the square input in pixels. */
  readonly side: number;
  readonly defaultTaps: readonly number[];
  /**
   * The taps that a memory of normal patches compares, where the tower has some that are better at it than those that a
   * detector learns at.
   */
  readonly memoryTaps?: readonly number[];
  /** Throws `WeightsError` when the tower has no such tap. */
  tapShape(tap: number): TapShape;
  /**
   * The features of each tap [batch, channels, grid, grid] of normalised `pixels` [batch, 3, side, side]. Throws
   * `WeightsError` for an unknown tap.
   */
  imageFeatures(pixels: Value, taps: readonly number[]): Value[];
}

/** A frozen text tower as a graph. */
export interface TextTower {
  readonly textFamily: TextFamily;
  /** E, the width of text features. */
  readonly embeddingWidth: number;
  /** Width of token embeddings and context vectors. */
  readonly textWidth: number;
  /** Places phrases and context vectors in prompts. Throws `WeightsError` for a phrase that cannot be used. */
  layoutPrompts(phrases: readonly string[], options: LayoutOptions): PromptLayout;
  /**
   * The embeddings [prompts, E], not normalised, of `prompts` [prompts, tokens, textWidth]: the layout's token
   * embeddings with the context vectors in their places. BERT towers see all real tokens whatever `attention` says.
   * Differentiable with respect to the prompts.
   */
  textFeatures(prompts: Value, layout: PromptLayout, attention: PromptAttention): Value;
}

/**
 * A pair of frozen towers. Images and prompts come out as vectors of different widths; an adapter per tap brings image
 * features to `embeddingWidth`, the width of the prompts' embeddings.
 */
export interface Backbone extends ImageTower, TextTower {
  readonly id: string;
  /** Licence of the weights, an SPDX id. */
  readonly licence: string;
  /** SHA-256 of the weights, in hexadecimal. */
  readonly digest: string;
  /** Per channel, on a scale from 0 to 1: the image tower sees `(pixel - mean) / std`. */
  readonly mean: PerChannel;
  readonly std: PerChannel;
  /** The files that the graphs' external constants lie in: absolute path by location. */
  readonly weights: Readonly<Record<string, string>>;
}

/** Red, green, blue. */
export type PerChannel = readonly [number, number, number];
