import { AdaptationError, type AdaptationErrorCode } from '@mediclip/adaptation';
import { WeightsError, type WeightsErrorCode } from '@mediclip/backbones';
import { imageProblemSlugs, ProblemError, type ProblemSlug } from '@mediclip/contracts';
import { ImageError } from '@mediclip/imaging';
import { QueueUnavailableError, ScoreDeadlineError } from '@mediclip/queue';
import {
  DamagedContent,
  InvalidCursor,
  PreconditionFailed,
  RecordNotFound,
  StoreForbidden,
  StoreFull,
  StoreUnavailable,
} from '@mediclip/store';
import { ThreadError } from '@mediclip/threads';

/** Seconds after which a part that could not be reached may be there again. */
const retryAfterSeconds = 5;

const ofWeights: Readonly<Partial<Record<WeightsErrorCode, ProblemSlug>>> = {
  unknown_backbone: 'backbone-unknown',
  weights_missing: 'backbone-weights-missing',
  digest_mismatch: 'digest-mismatch',
};

/** Of detectors that are read again; the other codes come up in training only. */
const ofDetector: Readonly<Partial<Record<AdaptationErrorCode, ProblemSlug>>> = {
  'corrupt-detector': 'digest-mismatch',
  'backbone-mismatch': 'backbone-weights-differ',
};

const ofFastify: Readonly<Record<string, ProblemSlug>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed-json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed-json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'validation-failed',
  FST_ERR_BAD_URL: 'route-not-found',
  FST_ERR_MAX_PARAM_LENGTH: 'route-not-found',
};

/** The problem that tells a client of `error`. What is nobody's fault but the server's becomes `internal`, with the error as its cause. */
export function toProblemError(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  const options = { cause: error };
  if (error instanceof ImageError) return new ProblemError(imageProblemSlugs[error.code], error.message, {}, options);
  if (error instanceof WeightsError) {
    const slug = ofWeights[error.code];
    return slug ? new ProblemError(slug, error.message, {}, options) : internal(error);
  }
  if (error instanceof AdaptationError) {
    const slug = ofDetector[error.code];
    return slug ? new ProblemError(slug, error.message, {}, options) : internal(error);
  }
  if (error instanceof QueueUnavailableError) {
    return new ProblemError('queue-unavailable', undefined, { retryAfterSeconds }, options);
  }
  if (error instanceof ScoreDeadlineError) {
    return new ProblemError('deadline-exceeded', error.message, { retryAfterSeconds }, options);
  }
  if (error instanceof ThreadError && error.code === 'queue-full') {
    return new ProblemError('overloaded', undefined, { retryAfterSeconds }, options);
  }
  return ofStore(error) ?? ofServer(error) ?? internal(error);
}

function ofStore(error: unknown): ProblemError | undefined {
  const options = { cause: error };
  if (error instanceof RecordNotFound) return new ProblemError('not-found', error.message, {}, options);
  if (error instanceof InvalidCursor) {
    const errors = [{ in: 'query' as const, pointer: '/cursor', detail: error.message }];
    return new ProblemError('validation-failed', error.message, { errors }, options);
  }
  if (error instanceof DamagedContent) return new ProblemError('digest-mismatch', error.message, {}, options);
  if (error instanceof StoreFull) return new ProblemError('storage-full', undefined, {}, options);
  if (error instanceof StoreUnavailable || error instanceof StoreForbidden || error instanceof PreconditionFailed) {
    return new ProblemError('store-unavailable', undefined, { retryAfterSeconds }, options);
  }
  return undefined;
}

function ofServer(error: unknown): ProblemError | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  const slug = ofFastify[error.code];
  return slug && new ProblemError(slug, undefined, {}, { cause: error });
}

function internal(error: unknown): ProblemError {
  return new ProblemError('internal', undefined, {}, { cause: error });
}
