import { availableParallelism } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ServerSettings } from '@mediclip/api';
import type { PrecisionChoice } from '@mediclip/contracts';
import type { z } from 'zod';
import { type MemoryShares, memoryOfContainer, memoryShares } from './memory.js';
import { clientVariables, prefix, variablesSchema } from './variables.js';

/** Settings of the processes of the service; sizes in bytes, times in milliseconds, paths absolute. */
export interface Settings extends ServerSettings {
  readonly host: string;
  readonly port: number;
  /** With it, API and workers are processes of their own. The password is in it. */
  readonly redisUrl?: string;
  /** Before every key and channel in Redis: deployments that share one have each their own. */
  readonly redisPrefix: string;
  readonly storeUrl: string;
  readonly device: string;
  /** The precision of the image towers. */
  readonly precision: PrecisionChoice;
  readonly fusedAttention: boolean;
  /** What every image tower keeps of images that may come again. */
  readonly featureCacheBytes: number;
  /** Threads that compute on a processor. */
  readonly engineThreads: number;
  /** How much the engine and the threads of images give way to others where cores are short. */
  readonly niceness: number;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  /** How the memory of the process is shared out. */
  readonly memory: MemoryShares;
  readonly images: ServerSettings['images'] & {
    readonly maximumPixels: number;
    readonly maximumFrames: number;
    readonly timeoutMs: number;
    readonly threads: number;
  };
  readonly engine: {
    /** For one image. */
    readonly hangTimeoutMs: number;
    readonly giveUpAfterMs: number;
  };
  /** Jobs of one kind that a worker runs at once. */
  readonly jobConcurrency: number;
  /** The longest time of one attempt at a job. */
  readonly jobTimeoutMs: number;
  /** Whether webhooks may be on this machine and in private networks. */
  readonly privateWebhooks: boolean;
  /** How long jobs that have ended, results and evaluations are kept; without it for ever. */
  readonly retentionMs?: number;
  readonly shutdownGraceMs: number;
}

/** Settings that cannot be used; `faults` has one sentence for each variable. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(readonly faults: readonly string[]) {
    super(`The settings cannot be used:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}

/**
 * The settings that the `MEDICLIP_` variables of `env` say, defaults filled in. An empty variable counts as not set.
 * Throws a `SettingsError` with every fault, unknown variables included.
 */
export function parseSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const given = Object.fromEntries(
    Object.entries(env)
      .filter(([name, value]) => name.startsWith(prefix) && !clientVariables.has(name) && value !== '')
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
  const parsed = variablesSchema.safeParse(given);
  const faults = parsed.error?.issues.flatMap(faultsOf) ?? [];
  if (given.REDIS_PASSWORD_FILE !== undefined && given.REDIS_URL === undefined) {
    faults.push(`${prefix}REDIS_PASSWORD_FILE needs ${prefix}REDIS_URL.`);
  }
  if (given.DICOM_REFERENCES === 'sealed' && given.DICOM_REFERENCES_KEY_FILE === undefined) {
    faults.push(`${prefix}DICOM_REFERENCES is sealed and needs ${prefix}DICOM_REFERENCES_KEY_FILE.`);
  }
  if (!isLoopback(given.HOST ?? '127.0.0.1') && given.API_KEYS_FILE === undefined) {
    faults.push(
      `${prefix}HOST is not loopback, and without ${prefix}API_KEYS_FILE everybody who can reach it would be let in: make keys with \`mediclip keys create\`, or listen on 127.0.0.1.`,
    );
  }
  const { PORT: port, OPERATIONS_PORT: operationsPort } = parsed.data ?? {};
  if (port !== 0 && port !== undefined && port === operationsPort) {
    faults.push(`${prefix}OPERATIONS_PORT must not be ${prefix}PORT.`);
  }
  if (parsed.data === undefined || faults.length > 0) throw new SettingsError(faults);
  return toSettings(parsed.data);
}

function faultsOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${prefix}${key} is not a setting.`);
  return [`${prefix}${issue.path.join('.')} ${issue.message}.`];
}

function toSettings(values: z.output<typeof variablesSchema>): Settings {
  return {
    host: values.HOST,
    port: values.PORT,
    ...(values.OPERATIONS_PORT !== undefined && { operationsPort: values.OPERATIONS_PORT }),
    dataDir: values.DATA_DIR,
    ...(values.REDIS_URL !== undefined && { redisUrl: withPassword(values.REDIS_URL, values.REDIS_PASSWORD_FILE) }),
    redisPrefix: values.REDIS_PREFIX,
    storeUrl: values.STORE_URL ?? pathToFileURL(values.DATA_DIR).href,
    modelsDir: values.MODELS_DIR ?? path.join(values.DATA_DIR, 'weights'),
    device: values.DEVICE,
    precision: values.PRECISION,
    fusedAttention: values.FUSED_ATTENTION === 'on',
    featureCacheBytes: values.FEATURE_CACHE_BYTES,
    engineThreads: values.ENGINE_THREADS ?? availableParallelism(),
    niceness: values.NICENESS,
    ...(values.API_KEYS_FILE !== undefined && { apiKeysFile: values.API_KEYS_FILE }),
    allowedOrigins: values.ALLOWED_ORIGINS ?? [],
    logLevel: values.LOG_LEVEL,
    images: {
      maximumBytes: values.MAX_IMAGE_BYTES,
      maximumPixels: values.MAX_IMAGE_PIXELS,
      maximumFrames: values.MAX_IMAGE_FRAMES,
      timeoutMs: values.IMAGE_TIMEOUT_SECONDS * 1000,
      threads: values.IMAGING_THREADS,
    },
    uploads: {
      jsonBytes: values.MAX_JSON_BYTES,
      formBytes: values.MAX_UPLOAD_BYTES,
      files: values.MAX_UPLOAD_FILES,
    },
    archives: {
      packedBytes: values.MAX_ARCHIVE_BYTES,
      unpackedBytes: values.MAX_ARCHIVE_UNPACKED_BYTES,
      ratio: values.MAX_ARCHIVE_RATIO,
      entries: values.MAX_ARCHIVE_ENTRIES,
    },
    datasetImages: values.MAX_DATASET_IMAGES,
    scores: {
      images: values.MAX_SCORE_IMAGES,
      timeoutMs: values.SCORE_TIMEOUT_SECONDS * 1000,
      memoryBytes: values.SCORE_MEMORY_BYTES,
    },
    memory: memoryShares(values.MEMORY_LIMIT ?? memoryOfContainer()),
    queueDepth: values.QUEUE_DEPTH,
    tenants: {
      jobs: values.MAX_TENANT_JOBS,
      bytes: values.MAX_TENANT_BYTES,
      datasets: values.MAX_TENANT_DATASETS,
      images: values.MAX_TENANT_IMAGES,
    },
    engine: {
      hangTimeoutMs: values.HANG_TIMEOUT_SECONDS * 1000,
      giveUpAfterMs: values.ENGINE_GIVE_UP_SECONDS * 1000,
    },
    jobConcurrency: values.JOB_CONCURRENCY,
    jobTimeoutMs: values.MAX_JOB_HOURS * 3_600_000,
    requestsPerMinute: values.RATE_LIMIT_PER_MINUTE,
    eventStreams: { ofTenant: values.MAX_TENANT_EVENT_STREAMS, ofProcess: values.MAX_EVENT_STREAMS },
    eventLoopDelayMs: values.MAX_EVENT_LOOP_DELAY_MS,
    connectionTimeoutMs: values.CONNECTION_TIMEOUT_SECONDS * 1000,
    requestTimeoutMs: values.REQUEST_TIMEOUT_SECONDS * 1000,
    shutdownGraceMs: values.SHUTDOWN_GRACE_SECONDS * 1000,
    fileNames: values.FILE_NAMES,
    ...(values.RETENTION_DAYS !== undefined && { retentionMs: values.RETENTION_DAYS * 86_400_000 }),
    dicomweb: {
      ...(values.DICOM_REFERENCES === 'sealed' && { referencesKey: values.DICOM_REFERENCES_KEY_FILE }),
      servers: values.DICOMWEB_SERVERS_FILE ?? [],
    },
    page: values.PAGE === 'on',
    privateWebhooks: values.PRIVATE_WEBHOOKS === 'on',
  };
}

function withPassword(url: string, password: string | undefined): string {
  if (password === undefined) return url;
  const complete = new URL(url);
  complete.password = encodeURIComponent(password);
  return complete.href;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
