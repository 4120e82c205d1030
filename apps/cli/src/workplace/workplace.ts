import type {
  AuditFindings,
  EvaluationAudit,
  Figure,
  GroupFigures,
  ImageFigures,
  Model,
  PixelFigures,
  ScoredImage,
} from '@mediclip/contracts';
import type { AdaptationFlags } from '../commands/adaptation-flags.js';
import type { ComputeFlags } from '../commands/compute-flags.js';
import type { AxisFlags, ReadingFlags } from '../commands/reading-flags.js';
import type { Output } from '../terminal/output.js';

/** What every piece of work gets: where it tells of its progress, and what stops it. */
export interface Task {
  readonly output: Output;
  readonly signal: AbortSignal;
}

export interface AdaptFlags extends ComputeFlags, AdaptationFlags, AxisFlags {
  readonly out?: string;
  readonly resume: boolean;
  readonly overwrite: boolean;
}

export interface EvaluateFlags extends ComputeFlags, ReadingFlags {
  /** Folders below those of the labels are groups. */
  readonly groups?: boolean;
}

export interface AuditFlags extends ComputeFlags, AxisFlags {}

export interface ReviseFlags extends ComputeFlags, AxisFlags {
  readonly known?: string;
  readonly out?: string;
}

/** A detector that was made: how other commands name it, and where it is, as a person reads it. */
export interface MadeDetector {
  readonly model: string;
  /** As in "in brain.mediclip". */
  readonly place: string;
  /** How `mediclip score` names it in an example. */
  readonly called: string;
}

/** What is said of one image; of a file with several frames, of each. */
export interface ScoredFrame
  extends Pick<ScoredImage, 'score' | 'decision' | 'thresholdSource' | 'pValue' | 'kinship' | 'foreign'> {
  readonly notes: readonly string[];
  readonly scoreLogit?: number | undefined;
  /** Which frame of a file with several it is, counted from 1. */
  readonly frame?: number | undefined;
  /** A PNG, where maps are wanted. */
  readonly overlay?: Uint8Array;
  /** The map in NPY format, where raw maps are wanted. */
  readonly npy?: Uint8Array;
}

export interface ScoreWants {
  readonly overlay: boolean;
  readonly npy: boolean;
}

/** Scores the frames of one file in turn. A file that cannot be scored is a UsageError. */
export type ScoreFile = (file: string, wants: ScoreWants) => AsyncIterable<ScoredFrame>;

/** How well a detector does, and on what. */
export interface EvaluatedFolder {
  readonly normal: number;
  readonly abnormal: number;
  readonly masks: number;
  /** Images that could not be used. */
  readonly leftOut: number;
  readonly copies: number;
  readonly learned: number;
  readonly image: ImageFigures;
  /** Only where there are masks. */
  readonly pixel?: PixelFigures;
  /** Only where images have groups. */
  readonly groups?: GroupFigures;
  /** Images that are not the kind of image that the model knows; absent where it does not tell. */
  readonly foreign?: {
    readonly count: number;
    /** Those that are named, at most `count`. */
    readonly files: readonly string[];
    readonly aurocWithout: Figure;
  };
  readonly audit: EvaluationAudit;
  /** More for `--json`, where it is known. */
  readonly details?: object;
}

export interface AuditedFolder {
  readonly name: string;
  readonly images: number;
  readonly findings: AuditFindings;
}

/** One of the three is given. */
export interface ThresholdChoice {
  readonly alpha?: number;
  readonly threshold?: number;
  readonly calibrated?: boolean;
}

/**
 * Where commands work: on this machine, or on a server. A command says what comes out, and is the same for both; a
 * workplace makes it. `model` and `folder` are what the person named: paths, or a server's ids.
 */
export interface Workplace {
  adapt(folder: string, flags: AdaptFlags, task: Task): Promise<MadeDetector>;
  /** `added`: the normal files that it knows besides. */
  revise(
    model: string,
    folder: string,
    flags: ReviseFlags,
    task: Task,
  ): Promise<MadeDetector & { readonly added: readonly string[] }>;
  score(
    model: string,
    flags: ComputeFlags & AxisFlags,
    task: Task,
    use: (scoreFile: ScoreFile) => Promise<void>,
  ): Promise<void>;
  evaluate(model: string, folder: string, flags: EvaluateFlags, task: Task): Promise<EvaluatedFolder>;
  audit(folder: string, flags: AuditFlags, task: Task): Promise<AuditedFolder>;
  /** The thresholds of the model afterwards. */
  setThreshold(
    model: string,
    choice: ThresholdChoice,
    task: Task,
  ): Promise<Pick<Model, 'calibration' | 'manualThreshold'>>;
}
