import type { EventEmitter } from 'node:events';
import type { DicomwebSettings } from '@mediclip/dicomweb';
import type { Engine, EngineEvents } from '@mediclip/engine';
import type { ImagingPool } from '@mediclip/imaging';
import type { JobQueue, ScoreChannel } from '@mediclip/queue';
import type { Store } from '@mediclip/store';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';

/** Settings of a worker; paths absolute. */
interface WorkerSettings {
  /** Local folder for what jobs need while they run. Workers of one machine may share it. */
  readonly workFolder: string;
  /** Local folder of fetched models, of this worker alone: it removes those that were not used for long. */
  readonly cacheFolder: string;
  /** Jobs of one kind that run at once. */
  readonly jobConcurrency: number;
  /** How long one attempt at a job may run; at most 2^31 - 1. */
  readonly jobTimeoutMs: number;
  /** Whether webhooks may be on this machine and in private networks. */
  readonly privateWebhooks: boolean;
  /** How long jobs that have ended, results and evaluations are kept; without it for ever. */
  readonly retentionMs?: number | undefined;
  /** How often unfinished jobs are looked for that the queue lacks; every minute by default. */
  readonly recoverEveryMs?: number;
  readonly dicomweb: DicomwebSettings;
  /** The largest image file that is fetched. */
  readonly maximumImageBytes: number;
  /** Images of one data set. */
  readonly datasetImages: number;
}

/** The part of the engine that a worker uses. */
export interface WorkerEngine
  extends Pick<Engine, 'state' | 'adapt' | 'inspect' | 'revise' | 'score' | 'forget' | 'stop'>,
    EventEmitter<EngineEvents> {}

/** What a worker works with. It stops the engine when it stops, and closes nothing else. */
export interface WorkerDependencies {
  readonly store: Store;
  readonly jobQueue: JobQueue;
  readonly scoreChannel: ScoreChannel;
  readonly engine: WorkerEngine;
  readonly imagingPool: Pick<ImagingPool, 'frame' | 'frames' | 'identity'>;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly settings: WorkerSettings;
}
