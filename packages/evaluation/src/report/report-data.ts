import type { Calibration, ForeignImages } from '@mediclip/contracts';
import type { AnomalyMap } from '@mediclip/maps';
import type { GroupMetrics } from '../groups/group-metrics.js';
import type { PairedDeLong } from '../image/compare-models.js';
import type { ImageMetrics } from '../image/image-metrics.js';
import type { Figure } from '../outcome.js';
import type { PixelMetrics } from '../pixel/pixel-metrics.js';
import type { CaseGroup } from './choose-cases.js';

/** Everything that a report shows. */
export interface ReportData {
  readonly modelName: string;
  /** ISO 8601, for example 2025-01-31T12:00:00Z. */
  readonly createdAt: string;
  readonly dataset: EvaluatedDataset;
  /** The scores of the test images, in any order. */
  readonly scores: readonly (Pick<AnomalyMap, 'score' | 'logit'> & { readonly abnormal: boolean })[];
  readonly image: ImageMetrics;
  /** Left out when no abnormal image has a mask. */
  readonly pixel?: PixelMetrics;
  /** The model's calibrated threshold, if it has one. */
  readonly calibration?: Pick<Calibration, 'threshold' | 'thresholdLogit' | 'alpha' | 'images'>;
  /** What alpha is a promise of, where the calibration knows groups. */
  readonly groupPromise?: string | undefined;
  /** Left out when no test image has a group. */
  readonly groups?: GroupMetrics | undefined;
  /** A threshold set by hand, which decides in place of the calibrated one. */
  readonly manualThreshold?: { readonly threshold: number } | undefined;
  /** Another model on the same images, if one was given. */
  readonly comparison?: BaselineComparison;
  /** Left out where the model does not tell images of another kind. */
  readonly foreign?: ReportForeign | undefined;
  /** What an audit of the data set says of these figures. */
  readonly audit?: ReportAudit;
  /** From this value of a map on an area is a region: there its colours begin. */
  readonly regionThreshold: number;
  readonly cases: readonly ReportCase[];
  readonly history: readonly EpochFigures[];
  /** The epoch whose parameters the model has. */
  readonly selectedEpoch?: number;
  /** What a reader must know to judge the model or to make it again, in the order in which it is shown. */
  readonly modelCard: readonly { readonly name: string; readonly value: string }[];
}

export interface BaselineComparison {
  readonly baselineName: string;
  /** Images that both models have scored. */
  readonly images: number;
  /** A is the evaluated model, B the baseline. */
  readonly result: PairedDeLong;
}

/** Test images that are not the kind of image that the model knows. */
export interface ReportForeign {
  /** So many of the images of the figures. */
  readonly count: number;
  readonly aurocWithout: Figure;
  /** Those that are named, at most `count`. */
  readonly cases: readonly ForeignCase[];
}

export interface ForeignCase extends Pick<ForeignImages['images'][number], 'imageId' | 'label' | 'foreign'> {
  readonly name: string;
  /** A PNG; left out where the image is only named. */
  readonly image?: Uint8Array | undefined;
}

/** What stands beside the figures of a data set that was audited. */
export interface ReportAudit {
  /** Sentences, the gravest first. */
  readonly warnings: readonly { readonly sentence: string }[];
  /** The AUROC without copied test images, and how many those are. */
  readonly withoutCopies: { readonly images: number; readonly leftOut: number; readonly auroc: Figure };
  /** The trivial cue that tells most: its name, its AUROC, and the model beside it. */
  readonly bestCue?: {
    readonly name: string;
    readonly auroc: number;
    readonly modelAuroc: Figure;
    readonly rankCorrelation: number;
    /** Null where no fifth of the cue has both labels. */
    readonly aurocWithinStrata: number | null;
  };
}

interface EvaluatedDataset {
  readonly name: string;
  readonly digest: string;
  /** Abnormal images with a mask. */
  readonly masks: number;
  /** Shares of their images that those masks mark, 0 to 1; left out without masks. */
  readonly maskShares?: { readonly smallest: number; readonly median: number; readonly largest: number } | undefined;
  /** Images that could not be scored and are in no figure. */
  readonly rejected: number;
  /** Images that show what another one of their label shows, and are in no figure. */
  readonly copies: number;
  /** Images that the model has learned from, and are in no figure. */
  readonly learned: number;
}

/** One image that is shown, as PNG files; the mask is left out where there is none. */
export interface ReportCase {
  readonly group: CaseGroup;
  /** Its image, where that has an id: so that the case can be found when the image is deleted. */
  readonly imageId?: string | undefined;
  readonly name: string;
  readonly score: number;
  readonly image: Uint8Array;
  /** The image under its heat, in the image's aspect. */
  readonly overlay: Uint8Array;
  readonly mask?: Uint8Array;
}

/**
 * Means over one epoch of the adaptation; the held-out loss comes from synthetic anomalies that were not trained on.
 */
export interface EpochFigures {
  readonly epoch: number;
  readonly loss: number;
  readonly heldOutLoss?: number | undefined;
}
