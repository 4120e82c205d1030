export type { AliasRepository } from './aliases/alias-repository.js';
export { datasetDigest } from './datasets/dataset-digest.js';
export type { DatasetRepository } from './datasets/dataset-repository.js';
export type {
  ImageContent,
  ImageDescription,
  ImageFilter,
  ImageRepository,
  PlaceInUpload,
} from './datasets/image-repository.js';
export * from './errors.js';
export type { EvaluationDescription, EvaluationRepository } from './evaluations/evaluation-repository.js';
export { storeErrorOf } from './file-system/file-errors.js';
export type {
  Claim,
  ClaimOutcome,
  IdempotencyRepository,
  KeyedRequest,
  StoredAnswer,
} from './idempotency/idempotency-repository.js';
export type { JobAttempts } from './jobs/job-attempts.js';
export type { Attempt, StoredJob } from './jobs/job-record.js';
export type { JobFilter, JobRepository, JobRequest } from './jobs/job-repository.js';
export type { JobResults } from './jobs/job-results.js';
export { type ResultRow, selectRows } from './jobs/result-index.js';
export type { Ending } from './jobs/transitions.js';
export type { DriftRepository } from './models/drift-repository.js';
export { filesDigest } from './models/model-files.js';
export type { ImportedModel, ModelDescription, ModelRepository } from './models/model-repository.js';
export type { ObjectBody, ObjectInfo, ObjectStore, PutCondition, StoredStream } from './object-store.js';
export { newId } from './records/ids.js';
export type { PageRequest } from './records/pages.js';
export { openStore, type Store, type StoreOptions, type TenantStore } from './store.js';
