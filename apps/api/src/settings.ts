import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type PrecisionChoice, precisionChoices } from '@mediclip/adaptation';
import { z } from 'zod';

const prefix = 'MEDICLIP_';

/** Variables of the command line, which may stand in the same environment. */
const clientVariables = new Set(['MEDICLIP_URL', 'MEDICLIP_API_KEY', 'MEDICLIP_HUB_TOKEN']);

const MiB = 1024 * 1024;

const whole = (fallback: number, min = 1, max = Number.MAX_SAFE_INTEGER) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`))
    .default(fallback);

const urlOf = (protocols: readonly string[]) =>
  z
    .string()
    .refine(
      (url) => URL.canParse(url) && protocols.includes(new URL(url).protocol),
      `must be a URL that begins with ${protocols.join(' or ')}`,
    );

const folder = z.string().min(1, 'must name a folder').transform(absolutePath);

/** What a file holds, which is how containers are handed secrets; a line break at its end does not count. */
const secret = z.string().transform((file, context) => {
  try {
    const text = readFileSync(absolutePath(file), 'utf8').trimEnd();
    if (text !== '') return text;
    context.addIssue('names a file that is empty');
  } catch (error) {
    context.addIssue(`names a file that cannot be read: ${(error as Error).message}`);
  }
  return z.NEVER;
});

/** Every variable, without its prefix. */
const variablesSchema = z.strictObject({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: whole(8080, 0, 65_535),
  DATA_DIR: folder.prefault('./data'),
  REDIS_URL: urlOf(['redis:', 'rediss:']).optional(),
  REDIS_PASSWORD_FILE: secret.optional(),
  REDIS_PREFIX: z
    .string()
    .regex(/^[\w.:-]{1,64}$/, 'must be 1 to 64 letters, digits, `_`, `.`, `:` or `-`')
    .default('mediclip'),
  STORE_URL: urlOf(['file:', 's3:']).optional(),
  MODELS_DIR: folder.optional(),
  HUB_URL: urlOf(['http:', 'https:']).default('https://huggingface.co'),
  DEVICE: z
    .string()
    .regex(/^(auto|cpu|cuda(:\d{1,2})?)$/, 'must be auto, cpu, cuda or cuda:N')
    .default('auto'),
  PRECISION: z.enum(precisionChoices, { error: 'must be auto or float32' }).default('auto'),
  FUSED_ATTENTION: z.enum(['on', 'off'], { error: 'must be on or off' }).default('off'),
  API_KEYS_FILE: z.string().min(1, 'must name a file').transform(absolutePath).optional(),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'must be fatal, error, warn, info, debug, trace or silent',
    })
    .default('info'),
  MAX_IMAGE_BYTES: whole(64 * MiB),
  MAX_IMAGE_PIXELS: whole(64_000_000),
  MAX_IMAGE_FRAMES: whole(1024),
  IMAGE_TIMEOUT_SECONDS: whole(20, 1, 3600),
  IMAGING_THREADS: whole(2, 1, 64),
  MAX_JSON_BYTES: whole(MiB),
  MAX_UPLOAD_BYTES: whole(2048 * MiB),
  MAX_UPLOAD_FILES: whole(1000),
  MAX_ARCHIVE_BYTES: whole(4096 * MiB),
  MAX_ARCHIVE_UNPACKED_BYTES: whole(8192 * MiB),
  MAX_ARCHIVE_RATIO: whole(200),
  MAX_ARCHIVE_ENTRIES: whole(20_000),
  MAX_DATASET_IMAGES: whole(20_000),
  MAX_SCORE_IMAGES: whole(32, 1, 1024),
  SCORE_TIMEOUT_SECONDS: whole(30, 1, 600),
  QUEUE_DEPTH: whole(100),
  JOB_CONCURRENCY: whole(1, 1, 64),
  RATE_LIMIT_PER_MINUTE: whole(1200),
  MAX_TENANT_EVENT_STREAMS: whole(500),
  MAX_EVENT_STREAMS: whole(2000),
  MAX_EVENT_LOOP_DELAY_MS: whole(500),
  CONNECTION_TIMEOUT_SECONDS: whole(60, 1, 3600),
  REQUEST_TIMEOUT_SECONDS: whole(3600, 1, 86_400),
  SHUTDOWN_GRACE_SECONDS: whole(30, 1, 3600),
});

/** Every variable that is a setting. */
export const settingVariables: readonly string[] = Object.keys(variablesSchema.shape).map((name) => `${prefix}${name}`);

/** What the processes of the service are told from outside; sizes in bytes, times in milliseconds, paths absolute. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** With it, API and workers are processes of their own. The password is in it. */
  readonly redisUrl?: string;
  /** Before every key and channel in Redis: deployments that share one have each their own. */
  readonly redisPrefix: string;
  readonly storeUrl: string;
  /** Where weights of backbones lie, one folder for each id. */
  readonly modelsDir: string;
  /** Where `mediclip weights pull` loads from. */
  readonly hubUrl: string;
  readonly device: string;
  /** Of the image towers. */
  readonly precision: PrecisionChoice;
  readonly fusedAttention: boolean;
  /** Without it every request is of the tenant `default`. */
  readonly apiKeysFile?: string;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  readonly images: {
    readonly maximumBytes: number;
    readonly maximumPixels: number;
    readonly maximumFrames: number;
    readonly timeoutMs: number;
    readonly threads: number;
  };
  readonly uploads: { readonly jsonBytes: number; readonly formBytes: number; readonly files: number };
  readonly archives: {
    readonly packedBytes: number;
    readonly unpackedBytes: number;
    /** Unpacked to packed size. */
    readonly ratio: number;
    readonly entries: number;
  };
  readonly datasetImages: number;
  readonly scores: { readonly images: number; readonly timeoutMs: number };
  /** Waiting jobs of one kind. */
  readonly queueDepth: number;
  /** Jobs of one kind that a worker runs at once. */
  readonly jobConcurrency: number;
  /** Requests of one tenant to one route. */
  readonly requestsPerMinute: number;
  /** Streams of job events at once. */
  readonly eventStreams: { readonly ofTenant: number; readonly ofProcess: number };
  /** Requests are turned away while the event loop is later than this. */
  readonly eventLoopDelayMs: number;
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
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
  if (!isLoopback(given.HOST ?? '127.0.0.1') && given.API_KEYS_FILE === undefined) {
    faults.push(
      `${prefix}HOST is not loopback, and without ${prefix}API_KEYS_FILE everybody who can reach it would be let in: make keys with \`mediclip keys create\`, or listen on 127.0.0.1.`,
    );
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
    dataDir: values.DATA_DIR,
    ...(values.REDIS_URL !== undefined && { redisUrl: withPassword(values.REDIS_URL, values.REDIS_PASSWORD_FILE) }),
    redisPrefix: values.REDIS_PREFIX,
    storeUrl: values.STORE_URL ?? pathToFileURL(values.DATA_DIR).href,
    modelsDir: values.MODELS_DIR ?? path.join(values.DATA_DIR, 'weights'),
    hubUrl: values.HUB_URL,
    device: values.DEVICE,
    precision: values.PRECISION,
    fusedAttention: values.FUSED_ATTENTION === 'on',
    ...(values.API_KEYS_FILE !== undefined && { apiKeysFile: values.API_KEYS_FILE }),
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
    scores: { images: values.MAX_SCORE_IMAGES, timeoutMs: values.SCORE_TIMEOUT_SECONDS * 1000 },
    queueDepth: values.QUEUE_DEPTH,
    jobConcurrency: values.JOB_CONCURRENCY,
    requestsPerMinute: values.RATE_LIMIT_PER_MINUTE,
    eventStreams: { ofTenant: values.MAX_TENANT_EVENT_STREAMS, ofProcess: values.MAX_EVENT_STREAMS },
    eventLoopDelayMs: values.MAX_EVENT_LOOP_DELAY_MS,
    connectionTimeoutMs: values.CONNECTION_TIMEOUT_SECONDS * 1000,
    requestTimeoutMs: values.REQUEST_TIMEOUT_SECONDS * 1000,
    shutdownGraceMs: values.SHUTDOWN_GRACE_SECONDS * 1000,
  };
}

function withPassword(url: string, password: string | undefined): string {
  if (password === undefined) return url;
  const complete = new URL(url);
  complete.password = encodeURIComponent(password);
  return complete.href;
}

function absolutePath(given: string): string {
  return path.resolve(given.startsWith('~/') ? path.join(homedir(), given.slice(2)) : given);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
