import type { AdaptationProgress, BatchHalved, DetectorJob, DetectorReference } from '@mediclip/adaptation';
import type { AnomalyMap } from '@mediclip/maps';
import type { ComputeSettings, ScoringImage } from './child/compute.js';
import type { SchedulerGauges } from './child/scheduler.js';
import type { EngineErrorCode, ErrorOrigin } from './errors.js';

/** What the engine process is started with. */
export interface EngineProcessSettings extends ComputeSettings {
  /** URL of the module that computes, a ComputeModule. */
  readonly computeModule: string;
  readonly synthesisThreads: number;
  readonly niceness: number;
  readonly beatIntervalMs: number;
}

export type StartMessage = { readonly type: 'start'; readonly settings: EngineProcessSettings };

/** From the parent once the process is ready. Ids are the parent's, unique over scores and adaptations. */
export type WorkMessage =
  /** A message with images follows, which may be larger than what the channel holds. */
  | { readonly type: 'announced' }
  | {
      readonly type: 'score';
      readonly caller: string;
      readonly detector: DetectorReference;
      readonly images: readonly {
        readonly id: number;
        readonly image: ScoringImage;
        readonly alone: boolean;
      }[];
    }
  | { readonly type: 'adapt'; readonly id: number; readonly job: DetectorJob }
  /** Nobody waits for this score or adaptation any more. */
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'forget'; readonly detectorId: string }
  /** Finish the operation under way, checkpoint the open adaptation, and end. */
  | { readonly type: 'drain' };

/** An error as it crosses between processes. */
export interface Fault {
  readonly code: EngineErrorCode;
  readonly message: string;
  readonly origin?: ErrorOrigin;
}

interface ScoredImage {
  readonly id: number;
  readonly output: AnomalyMap;
  /** How long the image waited for its batch. */
  readonly queuedMs: number;
}

/** From the engine process. */
export type EngineMessage =
  | { readonly type: 'ready'; readonly provider: string; readonly passedOver: string | undefined }
  /** The process cannot start with these settings, and ends. */
  | { readonly type: 'refused'; readonly fault: Fault }
  /** An operation for these scores or this adaptation begins: should the process die, it died over them. */
  | {
      readonly type: 'begun';
      readonly ids: readonly number[];
      /** How many images it is about, at least 1: the more, the longer it may take. */
      readonly images: number;
    }
  | { readonly type: 'scored'; readonly images: readonly ScoredImage[]; readonly computeMs: number }
  | { readonly type: 'progress'; readonly id: number; readonly progress: AdaptationProgress }
  | { readonly type: 'adapted'; readonly id: number }
  | { readonly type: 'cancelled'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly fault: Fault }
  | ({ readonly type: 'batchHalved' } & BatchHalved)
  | Beat
  | { readonly type: 'drained' };

/** The sign of life, sent at an interval: a process that is busy and finishes no operation for long hangs. */
export interface Beat {
  readonly type: 'beat';
  readonly busy: boolean;
  /** Operations finished since the start. */
  readonly operations: number;
  readonly rssBytes: number;
  readonly gauges: SchedulerGauges;
}
