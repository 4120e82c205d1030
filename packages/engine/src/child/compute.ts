import type {
  AdaptationJob,
  AdaptationProgress,
  DetectorReference,
  InspectionJob,
  OnBatchHalved,
  RevisionJob,
  SampleSource,
} from '@mediclip/adaptation';
import type { PrecisionChoice } from '@mediclip/contracts';
import type { AnomalyMap } from '@mediclip/maps';

/** A test image as a detector sees it: `side * side * 3` bytes, row-major RGB. */
export interface ScoringImage {
  readonly side: number;
  readonly data: Uint8Array;
}

export interface ScoreInput {
  readonly detector: DetectorReference;
  readonly image: ScoringImage;
}

/**
 * An adaptation, a revision or an inspection in progress. Opening an adaptation goes on from the checkpoint in its work
 * folder where there is one.
 */
export interface AdaptationRun {
  readonly progress: AdaptationProgress;
  /** What the next piece of work begins with waiting for: until it has settled there is time for other work. */
  readonly waitsFor?: Promise<unknown> | undefined;
  /** Does the next short piece of work; true once the detector is complete. */
  advance(): Promise<boolean>;
  checkpoint(): Promise<void>;
  release(): Promise<void>;
}

/** What the engine process computes with: the port between the scheduler and ONNX Runtime. One call at a time. */
export interface Compute {
  /** The execution provider that really loaded, `cpu` or `cuda`. */
  readonly provider: string;
  /** Why the device `auto` took the processor on a machine that is meant for CUDA: a sentence. */
  readonly passedOver?: string | undefined;
  /** The numbers of images that a batch to score may have, ascending from 1. */
  readonly batchSizes: readonly number[];
  /** Images for detectors of one tower key may share a batch. Throws when the detector cannot be read. */
  towerKey(detector: DetectorReference): Promise<string>;
  /**
   * Scores a batch whose detectors share one tower key; the answers stand in the order of the batch, and their maps are
   * the caller's alone.
   */
  score(batch: readonly ScoreInput[]): Promise<AnomalyMap[]>;
  openAdaptation(job: AdaptationJob, samples: SampleSource): Promise<AdaptationRun>;
  openRevision(job: RevisionJob): Promise<AdaptationRun>;
  openInspection(job: InspectionJob): Promise<AdaptationRun>;
  /** Frees what is held for a detector; no-op when nothing is. */
  release(detectorId: string): Promise<void>;
}

/** `auto` takes CUDA where it loads; `cuda` and `cuda:N` (the N-th device) load or fail. */
export type Device = 'auto' | 'cpu' | 'cuda' | `cuda:${number}`;

export interface ComputeSettings {
  readonly device: Device;
  /** Threads that one operator may use. */
  readonly threads: number;
  /** The precision of the image towers. */
  readonly precision: PrecisionChoice;
  /** Whether image towers in half precision have attention as one operator of ONNX Runtime. */
  readonly fusedAttention: boolean;
  /** Bytes of features that every tower keeps of images which may come again. */
  readonly featureCacheBytes: number;
  /** Folder of weights beyond the bundled ones. */
  readonly modelsFolder?: string;
}

/** What a module that the engine process loads exports. */
export interface ComputeModule {
  /**
   * Throws when the device is not there. `onBatchHalved` is told when memory ran out and smaller batches are taken from
   * then on.
   */
  createCompute(settings: ComputeSettings, onBatchHalved: OnBatchHalved): Promise<Compute>;
}
