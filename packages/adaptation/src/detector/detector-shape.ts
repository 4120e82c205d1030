import type { Backbone } from '@mediclip/backbones';
import type { Value } from '@mediclip/onnx-graph';
import { anomalyMap, poolScores, stateContrast } from '../graphs/anomaly-map.js';
import { adapterInputs } from '../graphs/artifacts.js';
import { fuse, memoryScales, memoryTaps } from '../graphs/patch-memory.js';
import type { ScoringOptions } from '../options.js';

/** All that decides a detector's graph but its numbers. */
export interface DetectorShape {
  readonly backbone: Backbone;
  readonly taps: readonly number[];
  readonly scoring: ScoringOptions;
  /** How many patches its memory keeps; 0 without a memory. */
  readonly patches: number;
}

/** A detector's float32 tensors by name. */
export type DetectorTensors = ReadonlyMap<string, Float32Array>;

/**
 * Names and shapes of a detector's tensors, in the order of its file (method, section 9): a 1x1 convolution per tap, the
 * embeddings of the two states as unit rows (normal, abnormal), and the memory's patches and scales if it has one.
 */
export function tensorShapes({
  backbone,
  taps,
  patches,
}: Omit<DetectorShape, 'scoring'>): ReadonlyMap<string, readonly number[]> {
  const { embeddingWidth } = backbone;
  const channels = (tap: number) => backbone.tapShape(tap).channels;
  return new Map<string, readonly number[]>([
    ...taps.flatMap((tap, index): [string, readonly number[]][] => [
      [`adapter.${index}.weight`, [embeddingWidth, channels(tap)]],
      [`adapter.${index}.bias`, [embeddingWidth]],
    ]),
    ['states', [2, embeddingWidth]],
    ...(patches > 0 ? memoryTensorShapes(patches, memoryTaps(taps).map(channels)) : []),
  ]);
}

function memoryTensorShapes(patches: number, channels: readonly number[]): [string, readonly number[]][] {
  return [
    ['memory.bank', [patches, channels.reduce((sum, width) => sum + width, 0)]],
    ['memory.scales', [memoryScales.length]],
  ];
}

/** Map [batch, side, side] and score [batch] (method, section 4) of features [batch, C, g, g] and a detector's tensors. */
export function detectorOutputs(
  features: readonly Value[],
  tensors: ReadonlyMap<string, Value>,
  { backbone, taps, scoring, patches }: DetectorShape,
): { map: Value; score: Value } {
  const contrast = stateContrast(features, adapterInputs(tensors, taps.length), tensors.get('states')!);
  const memory = { bank: tensors.get('memory.bank')!, scales: tensors.get('memory.scales')! };
  const logit = patches > 0 ? fuse(contrast, features, memory, scoring) : contrast;
  const map = anomalyMap(logit, backbone.side);
  return { map, score: poolScores(map, scoring) };
}
