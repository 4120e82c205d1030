export { datasetDigest } from './datasets/dataset-digest.js';
export { splitsOfGroups } from './datasets/group-splits.js';
export type {
  ImageContent,
  ImageDescription,
  ImageRepository,
} from './datasets/image-repository.js';
export * from './errors.js';
export { storeErrorOf } from './file-system/file-errors.js';
export type {
  Claim,
  IdempotencyRepository,
  KeyedRequest,
  StoredAnswer,
} from './idempotency/idempotency-repository.js';
export type { JobAttempts } from './jobs/job-attempts.js';
export type { Attempt, StoredJob } from './jobs/job-record.js';
export type { JobRepository, JobRequest } from './jobs/job-repository.js';
export type { JobResults } from './jobs/job-results.js';
export { type ResultRow, selectRows } from './jobs/result-index.js';
export { filesDigest } from './models/model-files.js';
export type { ModelDescription } from './models/model-repository.js';
export type { ObjectStore } from './object-store.js';
export { newId } from './records/ids.js';
export { openStore, type Store, type TenantStore } from './store.js';
export type { StoredUsage } from './usage/usage-repository.js';
export type { DueDelivery } from './webhooks/webhook-repository.js';
