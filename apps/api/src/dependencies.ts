import type { DicomwebSettings } from '@mediclip/dicomweb';
import type { ImagingPool } from '@mediclip/imaging';
import type { JobQueue, ScoreChannel } from '@mediclip/queue';
import type { Store } from '@mediclip/store';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { MemoryLimits } from './memory.js';

/** Settings of the server; sizes in bytes, times in milliseconds, paths absolute. */
export interface ServerSettings {
  /** Folder of this process for what is under way. */
  readonly dataDir: string;
  /** Where weights of backbones lie, one folder for each id. */
  readonly modelsDir: string;
  /** Without it every request is of the tenant `default`. */
  readonly apiKeysFile?: string;
  /** Origins of pages that browsers may let use the API, besides its own. */
  readonly allowedOrigins: readonly string[];
  /** The limit of one image file. */
  readonly images: { readonly maximumBytes: number };
  readonly uploads: { readonly jsonBytes: number; readonly formBytes: number; readonly files: number };
  readonly archives: {
    readonly packedBytes: number;
    readonly unpackedBytes: number;
    /** Unpacked to packed size. */
    readonly ratio: number;
    readonly entries: number;
  };
  /** Images of one data set. */
  readonly datasetImages: number;
  /**
   * The limits of a request that waits for its scores. So many bytes of its files stay in memory; what is beyond goes
   * through the disk.
   */
  readonly scores: { readonly images: number; readonly timeoutMs: number; readonly memoryBytes: number };
  readonly memory: MemoryLimits;
  /** Waiting jobs of one kind. */
  readonly queueDepth: number;
  /** The limits of one tenant. */
  readonly tenants: {
    /** Jobs that have not ended. */
    readonly jobs: number;
    /** The size of everything that is stored. */
    readonly bytes: number;
    readonly datasets: number;
    /** The number of images in all data sets together. */
    readonly images: number;
  };
  /** Requests of one tenant to one route. */
  readonly requestsPerMinute: number;
  /** Streams of job events at once. */
  readonly eventStreams: { readonly ofTenant: number; readonly ofProcess: number };
  /** Requests are turned away while the event loop is later than this. */
  readonly eventLoopDelayMs: number;
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Where another server of the process tells of its parts and metrics: this one then tells neither. */
  readonly operationsPort?: number;
  /** Whether names of files are kept, or hashes of them. */
  readonly fileNames: 'keep' | 'hash';
  readonly dicomweb: DicomwebSettings;
  /** Whether the page for people is served. */
  readonly page: boolean;
}

/** A part that the server needs; `check` rejects with the reason when it is not there. */
export interface ReadinessProbe {
  readonly name: string;
  /** Rejects when it is not there; a text that it resolves with is to be known all the same. */
  check(): Promise<unknown>;
}

/** Decoding and drawing away from the event loop. */
export type Imaging = Pick<ImagingPool, 'frame' | 'frames' | 'identity' | 'overlay'>;

/** What the server works with. It closes none of it. */
export interface ServerDependencies {
  readonly settings: ServerSettings;
  readonly store: Store;
  readonly jobQueue: JobQueue;
  readonly scoreChannel: ScoreChannel;
  readonly imaging: Imaging;
  readonly logger: Logger;
  readonly metrics: Registry;
  /** Parts without which the process had better be started anew; the health of the process tells of them. */
  readonly healthProbes?: readonly ReadinessProbe[];
  /** Beyond the store and the queue, which are always checked. */
  readonly readinessProbes?: readonly ReadinessProbe[];
}
