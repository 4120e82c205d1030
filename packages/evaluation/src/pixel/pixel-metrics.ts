import {
  type Figure,
  type Interval,
  type Outcome,
  type ThresholdFigure,
  type Undefined,
  undefinedBecause,
} from '../outcome.js';
import { bootstrapIntervals } from '../statistics/bootstrap.js';
import { RankingSweep } from '../statistics/ranking-sweep.js';
import { ImageSample } from './image-sample.js';
import { forEachScore, readPixels } from './pixel-counts.js';
import { PixelCurveRecorder, type PixelCurves } from './pixel-curves.js';
import type { Connectivity } from './regions.js';
import { ScoreHistogram } from './score-histogram.js';
import { scoreOfKey } from './score-keys.js';
import { ThresholdDice } from './threshold-dice.js';

export interface PixelMetricsOptions {
  /** Which pixels of a mask form one region; default 8. */
  readonly connectivity?: Connectivity;
  /** So many different scores are counted without rounding; default 2^22. */
  readonly mostScores?: number;
  /** Bootstrap resamples of the images; default 1000, 0 for no intervals. */
  readonly resamples?: number;
  /** Seed of the bootstrap; default 0. */
  readonly seed?: number;
  /** A threshold that was chosen without these images; with it the result has `thresholdDice`. */
  readonly threshold?: number | undefined;
}

/** How exact the figures are. The intervals are not part of this: they are estimates in any case. */
type Resolution =
  | { readonly exact: true }
  | {
      readonly exact: false;
      /** So many of the lowest bits of the 32 of every score were dropped. */
      readonly droppedBits: number;
      /** Largest possible distance of each figure from its exact value. */
      readonly errorBounds: {
        readonly auroc: number;
        readonly averagePrecision: number;
        readonly bestDice: number;
        readonly aupro: readonly number[];
      };
    };

export interface PixelMetrics {
  readonly images: number;
  /** Images whose mask is not empty. */
  readonly abnormalImages: number;
  readonly normalPixels: number;
  readonly abnormalPixels: number;
  /** Connected regions of all masks. */
  readonly regions: number;
  /** Area under the ROC curve over all pixels of all images together. */
  readonly auroc: Figure;
  /** Average precision over all pixels together, not interpolated. */
  readonly averagePrecision: Figure;
  /**
   * Area under the mean per-region overlap for false-positive rates of 0 to `limit`, divided by `limit`: 0.3, 0.05, 1.
   */
  readonly aupro: readonly { readonly limit: number; readonly area: Figure }[];
  /** Largest Dice coefficient over all pixels together and the highest threshold that reaches it. */
  readonly bestDice: ThresholdFigure;
  /** Dice coefficient of the pixels at or above the given threshold, if one was given. */
  readonly thresholdDice?: ThresholdFigure;
  readonly curves: Outcome<PixelCurves>;
  readonly resolution: Resolution;
}

const allProLimits = [0.3, 0.05, 1];
const targets = { specificities: [], proLimits: allProLimits };
const mostPixels = 2 ** 32 - 1;

/**
 * Pixel-level figures over any number of anomaly maps, one map at a time, in memory that hardly grows with their number
 * (the whole process has a peak of some 310 MB at 400 maps of 224 x 224 and at 10,000, 3 ms a map). Scores are counted
 * by their float32 bit pattern, so every figure is exact while there are at most `mostScores` different ones; beyond
 * that `resolution` bounds the error, some 1e-6 at the default. Definitions: golden/metrics/pixel.json. Intervals: 95 %
 * percentile bootstrap over images, in strata with and without abnormal pixels.
 */
export class PixelMetricsAccumulator {
  readonly #connectivity: Connectivity;
  readonly #resamples: number;
  readonly #seed: number;
  readonly #histogram: ScoreHistogram;
  readonly #sample = new ImageSample();
  readonly #thresholdDice: ThresholdDice | undefined;
  /** Indices of the images without and with abnormal pixels. */
  readonly #strata: [number[], number[]] = [[], []];
  #totals = { negatives: 0, positives: 0, regions: 0 };

  constructor(options: PixelMetricsOptions = {}) {
    this.#connectivity = options.connectivity ?? 8;
    this.#resamples = options.resamples ?? 1000;
    this.#seed = options.seed ?? 0;
    this.#histogram = new ScoreHistogram(options.mostScores ?? 2 ** 22);
    this.#thresholdDice = options.threshold === undefined ? undefined : new ThresholdDice(options.threshold);
  }

  /**
   * Adds one image: its map and its mask (non-zero = abnormal), both height x width, row-major. Maps may differ in
   * size. Keeps neither. Throws a RangeError, and adds nothing, when sizes disagree, a score is not finite or there
   * would be more than 2^32 - 1 pixels.
   */
  add(map: Float32Array, mask: Uint8Array, width: number, height: number): void {
    if (map.length !== width * height || mask.length !== map.length) {
      throw new RangeError(
        `A map of ${map.length} and a mask of ${mask.length} pixels were given as ${width} x ${height}; sizes must agree.`,
      );
    }
    const { negatives, positives, regions } = this.#totals;
    if (negatives + positives + map.length > mostPixels) {
      throw new RangeError(`One accumulator counts at most ${mostPixels} pixels; evaluate fewer or smaller maps.`);
    }
    const image = readPixels(map, mask, width, height, this.#connectivity);
    const abnormalPixels = map.length - image.normalKeys.length;
    const [normalImages, abnormalImages] = this.#strata;
    (abnormalPixels > 0 ? abnormalImages : normalImages).push(normalImages.length + abnormalImages.length);
    this.#totals = {
      negatives: negatives + map.length - abnormalPixels,
      positives: positives + abnormalPixels,
      regions: regions + image.regions,
    };
    this.#histogram.add(image);
    this.#sample.add(image);
    this.#thresholdDice?.add(map, mask);
  }

  /**
   * The figures of all images so far; more may be added afterwards. Takes up to some seconds of this thread with
   * intervals.
   */
  result(): PixelMetrics {
    const sweep = new RankingSweep(this.#totals, targets);
    const recorder = new PixelCurveRecorder();
    const { pixels, droppedBits } = this.#histogram.whole();
    forEachScore(pixels, (key, normal, abnormal, overlap) => {
      sweep.step(key, normal, abnormal, overlap);
      recorder.step(sweep);
    });
    const figures = resampledFigures(sweep);
    const intervals = this.#intervals(figures);
    const figure = (i: number) => ({ defined: true, value: figures[i]!, interval: intervals[i]! }) as const;

    const noAbnormal = this.#whyUndefined('abnormal', this.#totals.positives);
    const oneClass = noAbnormal ?? this.#whyUndefined('normal', this.#totals.negatives);
    const [normalImages, abnormalImages] = this.#strata;
    return {
      images: normalImages.length + abnormalImages.length,
      abnormalImages: abnormalImages.length,
      normalPixels: this.#totals.negatives,
      abnormalPixels: this.#totals.positives,
      regions: this.#totals.regions,
      auroc: oneClass ?? figure(0),
      averagePrecision: noAbnormal ?? figure(1),
      bestDice: noAbnormal ?? { ...figure(2), threshold: scoreOfKey(sweep.bestF1Threshold * 2 ** droppedBits) },
      ...(this.#thresholdDice && { thresholdDice: noAbnormal ?? this.#fixedDice(this.#thresholdDice) }),
      aupro: allProLimits.map((limit, i) => ({ limit, area: oneClass ?? figure(3 + i) })),
      curves: oneClass ?? { defined: true, ...recorder.curves() },
      resolution: droppedBits === 0 ? { exact: true } : { exact: false, droppedBits, errorBounds: errorBounds(sweep) },
    };
  }

  #fixedDice(dice: ThresholdDice): ThresholdFigure {
    const resampled = dice.resampled(this.#strata);
    const [interval] = bootstrapIntervals(resampled, { resamples: this.#resamples, seed: this.#seed });
    return { defined: true, value: resampled.figures[0]!, interval: interval!, threshold: dice.threshold };
  }

  #intervals(figures: readonly number[]): Outcome<Interval>[] {
    const resample = this.#sample.resampler(targets);
    return bootstrapIntervals(
      {
        strata: this.#strata,
        figures,
        evaluate: (multiplicities) => resampledFigures(resample(multiplicities)),
      },
      { resamples: this.#resamples, seed: this.#seed },
    );
  }

  #whyUndefined(kind: 'normal' | 'abnormal', pixels: number): Undefined | undefined {
    if (this.#strata.every((images) => images.length === 0)) return undefinedBecause('There are no images.');
    if (pixels > 0) return undefined;
    return undefinedBecause(`No image has ${kind} pixels; the figure needs at least one.`);
  }
}

function resampledFigures(sweep: RankingSweep): number[] {
  return [sweep.auroc, sweep.averagePrecision, sweep.bestF1, ...sweep.aupro];
}

function errorBounds({ uncertainty: { bestF1, ...bounds } }: RankingSweep) {
  return { ...bounds, bestDice: bestF1 };
}
