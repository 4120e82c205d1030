import type { AdaptationErrorCode } from '@mediclip/adaptation';
import type { WeightsErrorCode } from '@mediclip/backbones';
import type { ProblemSlug } from '@mediclip/contracts';
import type { DicomwebErrorCode } from '@mediclip/dicomweb';
import type { EngineErrorCode } from '@mediclip/engine';
import type { ImageErrorCode } from '@mediclip/imaging';
import type { QueueErrorCode } from '@mediclip/queue';
import type { StoreErrorCode } from '@mediclip/store';
import type { ThreadErrorCode } from '@mediclip/threads';

/**
 * One table for each class of errors. The types hold them complete: a code that is added to a class does not compile
 * until it has its problem here. `internal` stands for what only a bug can bring before a client.
 */
type Table<Code extends string> = Readonly<Record<Code, ProblemSlug>>;

export const ofImages: Table<ImageErrorCode> = {
  'unsupported-format': 'image-unsupported-format',
  'unsupported-encoding': 'image-unsupported-encoding',
  'too-many-bytes': 'image-too-large',
  'too-many-pixels': 'image-too-many-pixels',
  'too-many-frames': 'image-too-many-frames',
  'too-small': 'image-too-small',
  'no-such-frame': 'image-corrupt',
  'no-pixels': 'image-without-pixels',
  'corrupt-image': 'image-corrupt',
  'timed-out': 'image-decode-timeout',
  'out-of-memory': 'image-out-of-memory',
};

export const ofWeights: Table<WeightsErrorCode> = {
  'unreadable-file': 'backbone-weights-unusable',
  'truncated-file': 'backbone-weights-unusable',
  'bad-header': 'backbone-weights-unusable',
  'unsupported-dtype': 'backbone-weights-unusable',
  'bad-shape': 'backbone-weights-unusable',
  'bad-offsets': 'backbone-weights-unusable',
  'bad-tensor': 'backbone-weights-unusable',
  'missing-tensor': 'backbone-weights-unusable',
  'bad-checkpoint': 'backbone-weights-unusable',
  'bad-index': 'backbone-weights-unusable',
  'unknown-layout': 'backbone-weights-unusable',
  'bad-configuration': 'backbone-weights-unusable',
  'digest-mismatch': 'digest-mismatch',
  'unknown-backbone': 'backbone-unknown',
  'weights-missing': 'backbone-weights-missing',
  'weights-present': 'validation-failed',
  'ambiguous-weights': 'validation-failed',
  'not-on-hub': 'backbone-weights-missing',
  'hub-refused': 'backbone-weights-missing',
  'hub-unreachable': 'backbone-weights-missing',
  'unknown-tap': 'validation-failed',
  'bad-prompt': 'validation-failed',
};

export const ofAdaptation: Table<AdaptationErrorCode> = {
  'too-few-normal-images': 'too-few-images',
  'shots-too-alike': 'shots-too-alike',
  'bad-image': 'validation-failed',
  'unknown-tap': 'validation-failed',
  'checkpoint-mismatch': 'checkpoint-mismatch',
  'corrupt-checkpoint': 'digest-mismatch',
  'corrupt-detector': 'digest-mismatch',
  'backbone-mismatch': 'backbone-weights-differ',
  'weights-not-mapped': 'backbone-weights-unusable',
  'half-precision-overflow': 'half-precision-overflow',
  diverged: 'training-diverged',
  'no-memory': 'model-without-memory',
  'normals-differ': 'model-normals-missing',
};

/** Without `compute-failed`, whose problem is that of the error which it reports. */
export const ofEngine: Table<Exclude<EngineErrorCode, 'compute-failed'>> = {
  'device-unavailable': 'not-ready',
  'start-failed': 'not-ready',
  crashed: 'engine-crashed',
  overloaded: 'overloaded',
  stopped: 'draining',
};

export const ofStore: Table<StoreErrorCode> = {
  'invalid-key': 'internal',
  'precondition-failed': 'store-unavailable',
  'store-full': 'storage-full',
  'store-forbidden': 'store-forbidden',
  'store-unavailable': 'store-unavailable',
  'store-misconfigured': 'store-unavailable',
  'damaged-record': 'digest-mismatch',
  'damaged-content': 'digest-mismatch',
  'invalid-cursor': 'validation-failed',
  'record-not-found': 'not-found',
  'record-exists': 'internal',
  'data-set-in-use': 'data-set-in-use',
  'group-parted': 'group-parted',
  'model-in-use': 'model-in-use',
  'model-has-alias': 'model-has-alias',
  'too-many-pinned-models': 'too-many-pinned-models',
  'alias-moved': 'alias-moved',
  'no-earlier-model': 'alias-without-history',
  'job-not-ended': 'job-not-ended',
  'stale-attempt': 'internal',
  'too-many-webhooks': 'too-many-webhooks',
};

export const ofQueue: Table<QueueErrorCode> = {
  'queue-unavailable': 'queue-unavailable',
  'score-deadline': 'deadline-exceeded',
  'score-answer-failed': 'internal',
};

export const ofDicomweb: Table<DicomwebErrorCode> = {
  'unknown-server': 'dicomweb-server-unknown',
  unreachable: 'dicomweb-unreachable',
  refused: 'dicomweb-refused',
  'bad-answer': 'dicomweb-refused',
  'no-such-instance': 'dicomweb-refused',
  'no-references': 'study-without-references',
  'wrong-key': 'references-sealed-otherwise',
};

export const ofThreads: Table<ThreadErrorCode> = {
  'timed-out': 'deadline-exceeded',
  'thread-ended': 'internal',
  'no-thread': 'overloaded',
  'queue-full': 'overloaded',
  'pool-closed': 'draining',
};
