import { availableParallelism, totalmem } from 'node:os';
import type { PrecisionChoice } from '@mediclip/contracts';
import type { Device } from '../child/compute.js';

export interface EngineOptions {
  /** Default `auto`. */
  readonly device?: Device;
  /** The precision of the image towers; default `auto`, what suits the device and the backbone. */
  readonly precision?: PrecisionChoice;
  /** Whether image towers in half precision have attention as one operator of ONNX Runtime; default no. */
  readonly fusedAttention?: boolean;
  /** Bytes of features that every tower keeps of images which may come again; default 32 MiB. */
  readonly featureCacheBytes?: number;
  /** Threads that compute, in one operator or each an image of several; default one per core. */
  readonly threads?: number;
  /** Threads that draw synthetic anomalies; default one per core, at most 8. */
  readonly synthesisThreads?: number;
  /** How much the process gives way to others where cores are short, from 0 (the default) to 19. */
  readonly niceness?: number;
  /**
   * Resident memory of the engine process past which it is replaced between two operations; default 60 % of the
   * machine's or container's.
   */
  readonly memoryCeilingBytes?: number;
  readonly modelsFolder?: string;
  /** Images that may wait or be under way; more are refused as `overloaded`. Default 1024. */
  readonly maxPendingImages?: number;
  /** How often the process may die over one adaptation without getting further; default 3. */
  readonly adaptationAttempts?: number;
  /**
   * How often in a row the process may fail to become ready at its first start; default 5. Later `giveUpAfterMs`
   * counts.
   */
  readonly startAttempts?: number;
  /** The module that computes, a ComputeModule; default the method on ONNX Runtime. */
  readonly computeModule?: URL;
  readonly timing?: Partial<EngineTiming>;
}

interface EngineTiming {
  /** Between two signs of life; default 500. */
  readonly beatIntervalMs: number;
  /**
   * A process that is busy and finishes no operation for so long, times the images in the operation, is killed; default
   * 120,000.
   */
  readonly hangTimeoutMs: number;
  /** A cancelled adaptation that has not let go after so long is ended with its process; default 1,500. */
  readonly cancelGraceMs: number;
  /** `stop` waits so long for the checkpoint; default 10,000. */
  readonly stopGraceMs: number;
  /** Pause before the first restart, doubled with every further death without work done; default 100. */
  readonly backOffMs: number;
  /** Longest pause; default 10,000. */
  readonly maxBackOffMs: number;
  /**
   * A process that was ready once may fail to become ready again for so long before it is given up; default 300,000. A
   * driver that is reset, or a card that is away, is back within a minute or two.
   */
  readonly giveUpAfterMs: number;
}

const defaultTiming: EngineTiming = {
  beatIntervalMs: 500,
  hangTimeoutMs: 120_000,
  cancelGraceMs: 1_500,
  stopGraceMs: 10_000,
  backOffMs: 100,
  maxBackOffMs: 10_000,
  giveUpAfterMs: 300_000,
};

/** The options with every default filled in; only `modelsFolder` may be missing. */
export type ResolvedEngineOptions = Required<Omit<EngineOptions, 'modelsFolder' | 'timing'>> &
  Pick<EngineOptions, 'modelsFolder'> & { readonly timing: EngineTiming };

export function resolveEngineOptions(options: EngineOptions): ResolvedEngineOptions {
  const cores = availableParallelism();
  return {
    device: 'auto',
    precision: 'auto',
    fusedAttention: false,
    featureCacheBytes: 2 ** 25,
    threads: cores,
    synthesisThreads: Math.min(cores, 8),
    niceness: 0,
    memoryCeilingBytes: defaultMemoryCeiling(),
    maxPendingImages: 1024,
    adaptationAttempts: 3,
    startAttempts: 5,
    computeModule: new URL('../../dist/child/model-compute.js', import.meta.url),
    ...options,
    timing: { ...defaultTiming, ...options.timing },
  };
}

/** 60 % of the memory of the container, where there is a limit, or of the machine. */
function defaultMemoryCeiling(): number {
  const limit = process.constrainedMemory();
  return 0.6 * (limit > 0 ? Math.min(limit, totalmem()) : totalmem());
}
