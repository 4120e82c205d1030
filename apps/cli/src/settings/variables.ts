import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { precisionChoices } from '@mediclip/contracts/words';
import { type DicomwebServer, parseServers } from '@mediclip/dicomweb';
import { z } from 'zod';

/** Before the name of every variable. */
export const prefix = 'MEDICLIP_';

/** Variables of the command line, which may stand in the same environment. */
export const clientVariables = new Set(['MEDICLIP_URL', 'MEDICLIP_SERVER', 'MEDICLIP_API_KEY', 'MEDICLIP_HUB_TOKEN']);

const MiB = 1024 * 1024;

const number = (min = 1, max = Number.MAX_SAFE_INTEGER) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));

const whole = (fallback: number, min = 1, max = Number.MAX_SAFE_INTEGER) => number(min, max).default(fallback);

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

const servers = z.string().transform((file, context): DicomwebServer[] => {
  try {
    return parseServers(absolutePath(file));
  } catch (error) {
    context.addIssue(`names a file of DICOMweb servers that cannot be used: ${(error as Error).message}`);
  }
  return z.NEVER;
});

/** Every variable, without its prefix. */
export const variablesSchema = z.strictObject({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: whole(8080, 0, 65_535),
  OPERATIONS_PORT: number(0, 65_535).optional(),
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
  FEATURE_CACHE_BYTES: whole(32 * MiB, 0),
  ENGINE_THREADS: number(1, 256).optional(),
  API_KEYS_FILE: z.string().min(1, 'must name a file').transform(absolutePath).optional(),
  ALLOWED_ORIGINS: z
    .string()
    .transform((text) => text.split(',').map((origin) => origin.trim()))
    .refine(
      (origins) => origins.every(isOrigin),
      'must list origins such as https://viewer.example.org, with commas between them',
    )
    .optional(),
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
  NICENESS: whole(5, 0, 19),
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
  SCORE_MEMORY_BYTES: whole(16 * MiB, 0),
  QUEUE_DEPTH: whole(1000),
  MAX_TENANT_JOBS: whole(200),
  MAX_TENANT_BYTES: whole(2 ** 40),
  MAX_TENANT_DATASETS: whole(10_000),
  MAX_TENANT_IMAGES: whole(1_000_000),
  MAX_JOB_HOURS: whole(72, 1, 500),
  HANG_TIMEOUT_SECONDS: whole(120, 1, 3600),
  ENGINE_GIVE_UP_SECONDS: whole(300, 1, 86_400),
  JOB_CONCURRENCY: whole(1, 1, 64),
  RATE_LIMIT_PER_MINUTE: whole(1200),
  MAX_TENANT_EVENT_STREAMS: whole(500),
  MAX_EVENT_STREAMS: whole(2000),
  MEMORY_LIMIT: number(512 * MiB).optional(),
  MAX_EVENT_LOOP_DELAY_MS: whole(500),
  CONNECTION_TIMEOUT_SECONDS: whole(60, 1, 3600),
  REQUEST_TIMEOUT_SECONDS: whole(3600, 1, 86_400),
  SHUTDOWN_GRACE_SECONDS: whole(30, 1, 3600),
  PRIVATE_WEBHOOKS: z.enum(['on', 'off'], { error: 'must be on or off' }).default('off'),
  FILE_NAMES: z.enum(['keep', 'hash'], { error: 'must be keep or hash' }).default('keep'),
  RETENTION_DAYS: number(1, 36_500).optional(),
  DICOM_REFERENCES: z.enum(['none', 'sealed'], { error: 'must be none or sealed' }).default('none'),
  DICOM_REFERENCES_KEY_FILE: secret
    .refine((key) => key.length >= 32, 'names a file of fewer than 32 characters: `openssl rand -base64 32` makes one')
    .optional(),
  DICOMWEB_SERVERS_FILE: servers.optional(),
  PAGE: z.enum(['on', 'off'], { error: 'must be on or off' }).default('on'),
});

/** Every variable that is a setting. */
export const settingVariables: readonly string[] = Object.keys(variablesSchema.shape).map((name) => `${prefix}${name}`);

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

function absolutePath(given: string): string {
  return path.resolve(given.startsWith('~/') ? path.join(homedir(), given.slice(2)) : given);
}
