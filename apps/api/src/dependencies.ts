import type { ImagingPool } from '@mediclip/imaging';
import type { JobQueue, ScoreChannel } from '@mediclip/queue';
import type { Store } from '@mediclip/store';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Settings } from './settings.js';

/** What the server is told from outside. */
export type ServerSettings = Pick<
  Settings,
  | 'dataDir'
  | 'modelsDir'
  | 'apiKeysFile'
  | 'images'
  | 'uploads'
  | 'archives'
  | 'datasetImages'
  | 'scores'
  | 'queueDepth'
  | 'requestsPerMinute'
  | 'eventStreams'
  | 'eventLoopDelayMs'
  | 'connectionTimeoutMs'
  | 'requestTimeoutMs'
>;

/** A part that the server needs; `check` rejects with the reason when it is not there. */
export interface ReadinessProbe {
  readonly name: string;
  /** Rejects when it is not there; a text that it resolves with is to be known all the same. */
  check(): Promise<unknown>;
}

/** Decoding and drawing away from the event loop. */
export type Imaging = Pick<ImagingPool, 'frame' | 'frames' | 'overlay'>;

/** What the server works with. It closes none of it. */
export interface ServerDependencies {
  readonly settings: ServerSettings;
  readonly store: Store;
  readonly jobQueue: JobQueue;
  readonly scoreChannel: ScoreChannel;
  readonly imaging: Imaging;
  readonly logger: Logger;
  readonly metrics: Registry;
  /** Beyond the store and the queue, which are always checked. */
  readonly readinessProbes?: readonly ReadinessProbe[];
}
