import { AdaptationError } from '@mediclip/adaptation';
import { WeightsError } from '@mediclip/backbones';
import { ProblemError, type ProblemExtras, type ProblemSlug, problemKind } from '@mediclip/contracts';
import { DicomwebError } from '@mediclip/dicomweb';
import { EngineError } from '@mediclip/engine';
import { ImageError } from '@mediclip/imaging';
import { OutOfMemoryError, toOutOfMemoryError } from '@mediclip/onnx-graph';
import { QueueError } from '@mediclip/queue';
import {
  GroupParted,
  InvalidCursor,
  ModelHasAlias,
  RecordInUse,
  StoreError,
  TooManyPinnedModels,
} from '@mediclip/store';
import { ThreadError } from '@mediclip/threads';
import { isFileSystemError, systemSlug } from './system-errors.js';
import { ofAdaptation, ofDicomweb, ofEngine, ofImages, ofQueue, ofStore, ofThreads, ofWeights } from './tables.js';

/** Seconds after which a part that could not be reached may be there again. */
const retryAfterSeconds = 5;

/**
 * Problems of the machine and not of what a client asked for: the sentences of their errors name folders and addresses.
 * They are for the log and for the person at the machine; clients read the catalogue's words.
 */
const ofTheMachine: ReadonlySet<ProblemSlug> = new Set([
  'internal',
  'out-of-memory',
  'queue-unavailable',
  'storage-full',
  'store-forbidden',
  'store-unavailable',
  'too-many-open-files',
] as const);

/**
 * The problem that tells people of `error`, whoever meets it: an HTTP answer, a job, a score, the command line. The
 * error is its cause. What only a bug can bring about becomes `internal`.
 */
export function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  const slug = slugOf(error);
  const detail = ofTheMachine.has(slug) ? undefined : (error as Error).message;
  const extras = { ...extrasOf(error), ...(problemKind(slug).retryable && { retryAfterSeconds }) };
  return new ProblemError(slug, detail, extras, { cause: error });
}

/**
 * The sentence about `error` for the person at the machine, undefined for a bug. It differs from the detail of its
 * problem where clients are told less, and names the place that the file system refused.
 */
export function sentenceOf(error: unknown): string | undefined {
  if (isFileSystemError(error)) {
    return `${error.message}: check that place, its permissions and its free space.`;
  }
  return error instanceof EngineError || slugOf(error) !== 'internal' ? (error as Error).message : undefined;
}

function slugOf(error: unknown): ProblemSlug {
  if (error instanceof ProblemError) return error.slug;
  if (error instanceof ImageError) return ofImages[error.code];
  if (error instanceof WeightsError) return ofWeights[error.code];
  if (error instanceof AdaptationError) return ofAdaptation[error.code];
  if (error instanceof StoreError) return ofStore[error.code];
  if (error instanceof QueueError) return ofQueue[error.code];
  if (error instanceof DicomwebError) return ofDicomweb[error.code];
  if (error instanceof ThreadError) return ofThreads[error.code];
  if (error instanceof EngineError) {
    return error.code === 'compute-failed' ? ofOrigin(error) : ofEngine[error.code];
  }
  if (isFileSystemError(error)) return systemSlug(error.code) ?? 'internal';
  return toOutOfMemoryError(error) instanceof OutOfMemoryError ? 'out-of-memory' : 'internal';
}

/** Tables of the errors that cross from the engine process, of which only name and code come over. */
const ofComputing: Readonly<Record<string, Readonly<Record<string, ProblemSlug>>>> = {
  AdaptationError: ofAdaptation,
  WeightsError: ofWeights,
};

function ofOrigin({ origin }: EngineError): ProblemSlug {
  if (origin?.name === 'OutOfMemoryError') return 'device-out-of-memory';
  const code = origin?.code ?? '';
  return ofComputing[origin?.name ?? '']?.[code] ?? systemSlug(code) ?? 'internal';
}

function extrasOf(error: unknown): ProblemExtras {
  if (error instanceof ModelHasAlias) return { aliases: [...error.aliases] };
  if (error instanceof RecordInUse) return { jobIds: [...error.jobIds] };
  if (error instanceof GroupParted) return { group: error.group };
  if (error instanceof TooManyPinnedModels) return { limit: error.limit };
  if (error instanceof InvalidCursor) return { errors: [{ in: 'query', pointer: '/cursor', detail: error.message }] };
  return {};
}
