import {
  type Figure,
  type Interval,
  type Outcome,
  type ThresholdFigure,
  type Undefined,
  undefinedBecause,
} from '../outcome.js';
import { bootstrapIntervals } from '../statistics/bootstrap.js';
import { type ClassTotals, RankingSweep } from '../statistics/ranking-sweep.js';
import { DiceCounts } from './dice-counts.js';
import { countImage } from './image-counts.js';
import { ImageSample } from './image-sample.js';
import { PixelCurveRecorder, type PixelCurves } from './pixel-curves.js';
import type { Connectivity } from './regions.js';
import { ScoreHistogram } from './score-histogram.js';
import { scoreOfKey } from './score-keys.js';

export interface PixelMetricsOptions {
  /** Which pixels of a mask form one region; default 8. */
  readonly connectivity?: Connectivity;
  /** A map value from which on a pixel counts as abnormal, to report the Dice coefficient at; default none. */
  readonly diceThreshold?: number;
  /** Memory for the counters of scores; default 128 MiB. */
  readonly histogramBytes?: number;
  /** Bootstrap resamples of the images; default 1000, 0 for no intervals. */
  readonly resamples?: number;
  /** Seed of the bootstrap; default 0. */
  readonly seed?: number;
}

/** How exact the figures are. The intervals are not part of this: they are estimates in any case. */
export type Resolution =
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
  /** Area under the mean per-region overlap for false-positive rates of 0 to `limit`, divided by `limit`: 0.3, 0.05, 1. */
  readonly aupro: readonly { readonly limit: number; readonly area: Figure }[];
  /** Largest Dice coefficient over all pixels together and the highest threshold that reaches it. */
  readonly bestDice: ThresholdFigure;
  /** Dice coefficient over all pixels together at the threshold that was given. */
  readonly diceAtThreshold: ThresholdFigure;
  readonly curves: Outcome<PixelCurves>;
  readonly resolution: Resolution;
}

const PRO_LIMITS = [0.3, 0.05, 1];
const TARGETS = { specificities: [], proLimits: PRO_LIMITS };
const DEFAULT_HISTOGRAM_BYTES = 128 * 2 ** 20;
const MOST_PIXELS = 2 ** 32 - 1;

/**
 * Pixel-level figures over any number of anomaly maps, one map at a time, in memory that does not grow with their number (about 300 MB
 * for the whole process at 50 maps of 224 x 224 and at 10,000). Scores are counted by their float32 bit pattern, so every figure is
 * exact while there are at most `mostScores` different ones; beyond that `result().resolution` bounds the error, some 1e-6 at the
 * default. (All float32 values between 0.45 and 0.55 are 2.5 million.) Definitions: golden/metrics/pixel.json. Intervals: 95 %
 * percentile bootstrap over images, in strata with and without abnormal pixels.
 */
export class PixelMetricsAccumulator {
  readonly #connectivity: Connectivity;
  readonly #resamples: number;
  readonly #seed: number;
  readonly #histogram: ScoreHistogram;
  readonly #sample = new ImageSample();
  readonly #dice: DiceCounts | undefined;
  /** Per image, whether its mask has any pixel. */
  #abnormal: boolean[] = [];
  #totals: ClassTotals = { negatives: 0, positives: 0, regions: 0 };

  constructor(options: PixelMetricsOptions = {}) {
    this.#connectivity = options.connectivity ?? 8;
    this.#resamples = options.resamples ?? 1000;
    this.#seed = options.seed ?? 0;
    this.#histogram = new ScoreHistogram(options.histogramBytes ?? DEFAULT_HISTOGRAM_BYTES);
    this.#dice = options.diceThreshold === undefined ? undefined : new DiceCounts(options.diceThreshold);
  }

  /**
   * Adds one image: its map and its mask (non-zero = abnormal), both height x width, row-major. Maps may differ in size. Keeps neither.
   * Throws a RangeError, and adds nothing, when sizes disagree, a score is not finite or there would be more than 2^32 - 1 pixels.
   */
  add(map: Float32Array, mask: Uint8Array, width: number, height: number): void {
    if (map.length !== width * height || mask.length !== map.length) {
      throw new RangeError(
        `A map of ${map.length} and a mask of ${mask.length} pixels were given as ${width} x ${height}; sizes must agree.`,
      );
    }
    const positives = mask.reduce((count, value) => count + (value ? 1 : 0), 0);
    this.#requireRoom(map.length);
    const counts = countImage(map, mask, width, height, this.#connectivity);
    this.#totals = addTotals(this.#totals, { negatives: map.length - positives, positives, regions: counts.regions });
    this.#abnormal.push(positives > 0);
    this.#histogram.add(counts);
    this.#sample.add(counts);
    this.#dice?.add(map, mask);
  }

  /**
   * Adds all images of `other`, which stays as it is, after this one's own: the result is that of one accumulator over all.
   * Throws an Error when the two were made with different connectivities or Dice thresholds.
   */
  merge(other: PixelMetricsAccumulator): void {
    if (other.#connectivity !== this.#connectivity || other.#dice?.threshold !== this.#dice?.threshold) {
      throw new Error(
        'Only accumulators with the same connectivity and Dice threshold can be merged; make them alike.',
      );
    }
    this.#requireRoom(other.#totals.negatives + other.#totals.positives);
    this.#totals = addTotals(this.#totals, other.#totals);
    this.#abnormal = this.#abnormal.concat(other.#abnormal);
    this.#histogram.merge(other.#histogram);
    this.#sample.merge(other.#sample);
    if (other.#dice) this.#dice?.merge(other.#dice);
  }

  /** The figures of all images so far; more may be added afterwards. Takes up to some seconds of this thread with intervals. */
  result(): PixelMetrics {
    const sweep = new RankingSweep(this.#totals, TARGETS);
    const recorder = new PixelCurveRecorder();
    this.#histogram.forEachDescending((key, normal, abnormal, overlap) => {
      sweep.step(key, normal, abnormal, overlap);
      recorder.step(sweep);
    });
    const figures = resampledFigures(sweep, this.#dice?.dice());
    const intervals = this.#intervals(figures);
    const figure = (i: number) => ({ defined: true, value: figures[i]!, interval: intervals[i]! }) as const;

    const noAbnormal = this.#whyUndefined('positives');
    const oneClass = noAbnormal ?? this.#whyUndefined('negatives');
    return {
      images: this.#abnormal.length,
      abnormalImages: this.#abnormal.filter(Boolean).length,
      normalPixels: this.#totals.negatives,
      abnormalPixels: this.#totals.positives,
      regions: this.#totals.regions,
      auroc: oneClass ?? figure(0),
      averagePrecision: noAbnormal ?? figure(1),
      bestDice: noAbnormal ?? { ...figure(2), threshold: scoreOfKey(sweep.bestF1Threshold) },
      diceAtThreshold: this.#diceAtThreshold(figures[3]!, intervals[3]!),
      aupro: PRO_LIMITS.map((limit, i) => ({ limit, area: oneClass ?? figure(4 + i) })),
      curves: oneClass ?? { defined: true, ...recorder.curves() },
      resolution: this.#resolution(sweep),
    };
  }

  #intervals(figures: readonly number[]): Outcome<Interval>[] {
    const resample = this.#sample.resampler(TARGETS);
    const images = Array.from(this.#abnormal.keys());
    return bootstrapIntervals(
      {
        strata: [true, false].map((abnormal) => images.filter((image) => this.#abnormal[image] === abnormal)),
        figures,
        evaluate: (multiplicities) => resampledFigures(resample(multiplicities), this.#dice?.dice(multiplicities)),
      },
      { resamples: this.#resamples, seed: this.#seed },
    );
  }

  #diceAtThreshold(value: number, interval: Outcome<Interval>): ThresholdFigure {
    if (!this.#dice) return undefinedBecause('No threshold was given.');
    const { threshold } = this.#dice;
    if (!Number.isNaN(value)) return { defined: true, value, interval, threshold };
    return undefinedBecause('No pixel is abnormal, neither in the masks nor at the threshold.');
  }

  #whyUndefined(pixels: 'positives' | 'negatives'): Undefined | undefined {
    if (this.#abnormal.length === 0) return undefinedBecause('There are no images.');
    if (this.#totals[pixels] > 0) return undefined;
    const kind = pixels === 'positives' ? 'abnormal' : 'normal';
    return undefinedBecause(`No image has ${kind} pixels; the figure needs at least one.`);
  }

  #resolution({ uncertainty }: RankingSweep): Resolution {
    const { droppedBits } = this.#histogram;
    if (droppedBits === 0) return { exact: true };
    const { bestF1: bestDice, ...bounds } = uncertainty;
    return { exact: false, droppedBits, errorBounds: { ...bounds, bestDice } };
  }

  #requireRoom(pixels: number): void {
    if (this.#totals.negatives + this.#totals.positives + pixels <= MOST_PIXELS) return;
    throw new RangeError(`One accumulator counts at most ${MOST_PIXELS} pixels; evaluate fewer or smaller maps.`);
  }
}

function resampledFigures(sweep: RankingSweep, diceAtThreshold = Number.NaN): number[] {
  return [sweep.auroc, sweep.averagePrecision, sweep.bestF1, diceAtThreshold, ...sweep.aupro];
}

function addTotals(a: ClassTotals, b: ClassTotals): ClassTotals {
  return {
    negatives: a.negatives + b.negatives,
    positives: a.positives + b.positives,
    regions: a.regions + b.regions,
  };
}
