/** The worker thread of an evaluation: figures take seconds of arithmetic, which no event loop may wait for. */
import {
  aurocWithoutForeign,
  compareModels,
  defaultHighest,
  groupMetrics,
  imageMetrics,
  PixelMetricsAccumulator,
  type ReportData,
  renderReport,
  withBothClasses,
} from '@mediclip/evaluation';
import { serveTasks, threadData } from '@mediclip/threads';

/** What the thread starts with. */
export interface ThreadData {
  /** The calibrated threshold of the model's maps, if it has one. */
  readonly threshold: number | undefined;
}

const pixels = new PixelMetricsAccumulator({ threshold: threadData<ThreadData>().threshold });

const tasks = {
  /** Adds an image to the figures of pixels: its map and its mask (non-zero = abnormal), both [side, side]. */
  add: ({ map, mask, side }: { readonly map: Float32Array; readonly mask: Uint8Array; readonly side: number }) => {
    pixels.add(map, mask, side, side);
  },
  /**
   * The figures of the images' scores, ranked by their logits if they have any, of the groups' where there are any, and
   * of the pixels added so far; and the AUROC without images of another kind.
   */
  figures: ({
    scores,
    abnormal,
    logits,
    groups = [],
    foreign = [],
    highest = defaultHighest,
  }: {
    readonly scores: readonly number[];
    readonly abnormal: readonly boolean[];
    readonly logits?: readonly number[] | undefined;
    /** What each image belongs to. */
    readonly groups?: readonly (string | undefined)[] | undefined;
    /** Which images are not the kind of image that the model knows; without it none. */
    readonly foreign?: readonly boolean[] | undefined;
    /** So many of its highest scores make the score of a group. */
    readonly highest?: number | undefined;
  }) => ({
    image: withBothClasses(imageMetrics(scores, abnormal, { logits })),
    aurocWithoutForeign: aurocWithoutForeign(logits ?? scores, abnormal, foreign),
    pixel: pixels.result(),
    groups: groupMetrics(
      scores.map((score, i) => ({ score, logit: logits?.[i], abnormal: abnormal[i]!, group: groups[i] })),
      highest,
    ),
  }),
  /** The paired test of two models' scores of the same images. */
  compare: ({
    scores,
    baselineScores,
    abnormal,
  }: {
    readonly scores: readonly number[];
    readonly baselineScores: readonly number[];
    readonly abnormal: readonly boolean[];
  }): ReturnType<typeof compareModels> => compareModels(scores, baselineScores, abnormal),
  /** The report as one HTML page. */
  report: (data: ReportData) => renderReport(data),
};

export type EvaluationTasks = typeof tasks;
serveTasks(tasks);
