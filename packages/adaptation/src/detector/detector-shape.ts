import type { Backbone } from '@mediclip/backbones';
import { sigmoid, type Value } from '@mediclip/onnx-graph';
import { anomalyMap, poolLogits, poolScores, resizeGrid, stateContrast } from '../graphs/anomaly-map.js';
import { adapterInputs } from '../graphs/artifacts.js';
import { fuse, memoryScales } from '../graphs/patch-memory.js';
import { channelMoments, momentsWidth } from '../kinship/channel-moments.js';
import { kinshipTensorShapes } from '../kinship/kinship.js';
import type { ScoringOptions } from '../options.js';
import { atTaps } from '../tower/features.js';

/** All that decides a detector's graph but its numbers. */
export interface DetectorShape {
  readonly backbone: Backbone;
  readonly taps: readonly number[];
  readonly scoring: ScoringOptions;
  /** Undefined without a memory. */
  readonly memory?: MemoryShape | undefined;
}

/** The memory of normal patches: the taps whose features it compares, and how many patches it keeps. */
export interface MemoryShape {
  readonly taps: readonly number[];
  readonly patches: number;
}

/** A detector's float32 tensors by name. */
export type DetectorTensors = ReadonlyMap<string, Float32Array>;

/** The taps whose features a detector needs: those it learns at, then what its memory compares besides. */
export function detectorTaps({ taps, memory }: TapsOfShape): readonly number[] {
  return [...new Set([...taps, ...(memory?.taps ?? [])])];
}

interface TapsOfShape {
  readonly taps: readonly number[];
  readonly memory?: Pick<MemoryShape, 'taps'> | undefined;
}

/**
 * Names and shapes of a detector's tensors, in the order of its file (method.md, section 9): a 1x1 convolution per tap,
 * the embeddings of the two states as unit rows (normal, abnormal), and the memory's patches and scales if it has one.
 */
export function tensorShapes({
  backbone,
  taps,
  memory,
}: Omit<DetectorShape, 'scoring'>): ReadonlyMap<string, readonly number[]> {
  const { embeddingWidth } = backbone;
  const channels = (tap: number) => backbone.tapShape(tap).channels;
  return new Map<string, readonly number[]>([
    ...taps.flatMap((tap, index): [string, readonly number[]][] => [
      [`adapter.${index}.weight`, [embeddingWidth, channels(tap)]],
      [`adapter.${index}.bias`, [embeddingWidth]],
    ]),
    ['states', [2, embeddingWidth]],
    ...(memory ? memoryTensorShapes(memory.patches, memory.taps.map(channels)) : []),
  ]);
}

/** As `tensorShapes`, with those that no graph takes: of the `shots` normals that tell how kin an image is. */
export function storedTensorShapes(
  shape: Omit<DetectorShape, 'scoring'>,
  kinship: { readonly shots: number } | undefined,
): ReadonlyMap<string, readonly number[]> {
  const shapes = tensorShapes(shape);
  if (!kinship) return shapes;
  return new Map([...shapes, ...kinshipTensorShapes(kinship.shots, momentsWidth(shape.backbone, detectorTaps(shape)))]);
}

function memoryTensorShapes(patches: number, channels: readonly number[]): [string, readonly number[]][] {
  return [
    ['memory.bank', [patches, channels.reduce((sum, width) => sum + width, 0)]],
    ['memory.scales', [memoryScales.length]],
  ];
}

/**
 * Map [batch, side, side] and score [batch] (method.md, section 4) of features [batch, C, g, g] at `detectorTaps` and a
 * detector's tensors, and the score's logit [batch], which does not saturate. Of a detector with a memory the
 * `channelMoments` besides, [batch, width].
 */
export function detectorOutputs(
  features: readonly Value[],
  tensors: ReadonlyMap<string, Value>,
  shape: DetectorShape,
): { map: Value; score: Value; logit: Value; moments?: Value } {
  const { backbone, taps, scoring, memory } = shape;
  const at = (wanted: readonly number[]) => atTaps(wanted, features, detectorTaps(shape));
  const contrast = stateContrast(at(taps), adapterInputs(tensors, taps.length), tensors.get('states')!);
  if (!memory) {
    const logits = resizeGrid(contrast, backbone.side);
    const map = sigmoid(logits);
    return { map, score: poolScores(map, scoring), logit: poolLogits(logits, scoring) };
  }
  const values = { bank: tensors.get('memory.bank')!, scales: tensors.get('memory.scales')! };
  const { scored, shown } = fuse(contrast, at(memory.taps), values, scoring);
  const logits = resizeGrid(scored, backbone.side);
  return {
    map: anomalyMap(shown, backbone.side),
    score: poolScores(sigmoid(logits), scoring),
    logit: poolLogits(logits, scoring),
    moments: channelMoments(features),
  };
}
