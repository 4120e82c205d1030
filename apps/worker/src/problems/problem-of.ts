import { WeightsError, type WeightsErrorCode } from '@mediclip/backbones';
import { imageProblemSlugs, ProblemError, type ProblemSlug, problemKind } from '@mediclip/contracts';
import { EngineError, type EngineErrorCode } from '@mediclip/engine';
import { ImageError } from '@mediclip/imaging';
import { DamagedContent, RecordNotFound, StoreError, StoreFull } from '@mediclip/store';

const ofEngine: Readonly<Record<Exclude<EngineErrorCode, 'compute-failed'>, ProblemSlug>> = {
  'device-unavailable': 'not-ready',
  'start-failed': 'engine-crashed',
  crashed: 'engine-crashed',
  deadline: 'deadline-exceeded',
  overloaded: 'overloaded',
  stopped: 'draining',
};

const ofWeights: Readonly<Partial<Record<WeightsErrorCode, ProblemSlug>>> = {
  unknown_backbone: 'backbone-unknown',
  weights_missing: 'backbone-weights-missing',
  unknown_tap: 'validation-failed',
  bad_prompt: 'validation-failed',
  digest_mismatch: 'digest-mismatch',
};

/** Errors of the method, by the codes of an AdaptationError. */
const ofAdaptation: Readonly<Record<string, ProblemSlug>> = {
  'too-few-normal-images': 'too-few-images',
  'unknown-tap': 'validation-failed',
  'corrupt-checkpoint': 'digest-mismatch',
  'corrupt-detector': 'digest-mismatch',
  'backbone-mismatch': 'digest-mismatch',
  diverged: 'training-diverged',
  'half-precision-overflow': 'half-precision-overflow',
};

/** The problem that tells people of `error`. What nobody but the service is to blame for becomes `internal`, with the error as its cause. */
export function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  const slug = slugOf(error);
  if (slug === undefined) return new ProblemError('internal', undefined, {}, { cause: error });
  return new ProblemError(slug, (error as Error).message, {}, { cause: error });
}

/** A job that ended so may be tried again elsewhere or later: the store could not be used, or this machine's engine never ran. */
export function isWorthAnotherAttempt(error: unknown): boolean {
  if (error instanceof StoreError) return error.retryable && !(error instanceof StoreFull);
  return error instanceof EngineError && (error.code === 'start-failed' || error.code === 'device-unavailable');
}

/** Whether clients may repeat what ended with this problem. */
export function isRetryable({ slug }: ProblemError): boolean {
  return problemKind(slug).retryable === true;
}

function slugOf(error: unknown): ProblemSlug | undefined {
  if (error instanceof ImageError) return imageProblemSlugs[error.code];
  if (error instanceof WeightsError) return ofWeights[error.code];
  if (error instanceof EngineError) {
    return error.code === 'compute-failed' ? ofCompute(error) : ofEngine[error.code];
  }
  if (error instanceof RecordNotFound) return 'not-found';
  if (error instanceof DamagedContent) return 'digest-mismatch';
  if (error instanceof StoreFull) return 'storage-full';
  if (error instanceof StoreError && error.retryable) return 'store-unavailable';
  return undefined;
}

/** Of an error that happened in the engine process: only its name and code came over. */
function ofCompute({ origin }: EngineError): ProblemSlug | undefined {
  if (origin?.name === 'OutOfMemoryError') return 'device-out-of-memory';
  const code = origin?.code ?? '';
  if (origin?.name === 'AdaptationError') return ofAdaptation[code];
  if (origin?.name === 'WeightsError') return ofWeights[code as WeightsErrorCode];
  return undefined;
}
