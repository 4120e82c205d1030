/** What a caller can tell apart about a failing store. */
export type StoreErrorCode =
  | 'invalid-key'
  | 'precondition-failed'
  | 'store-full'
  | 'store-forbidden'
  | 'store-unavailable'
  | 'store-misconfigured'
  | 'damaged-record'
  | 'damaged-content'
  | 'invalid-cursor'
  | 'record-not-found'
  | 'record-exists'
  | RecordUse
  | 'group-parted'
  | 'too-many-pinned-models'
  | 'alias-moved'
  | 'no-earlier-model'
  | 'job-not-ended'
  | 'stale-attempt'
  | 'too-many-webhooks';

/** What unfinished jobs use, or aliases name. */
export type RecordUse = 'data-set-in-use' | 'model-in-use' | 'model-has-alias';

/** A failing store. `retryable` says whether the same call may succeed later. */
export abstract class StoreError extends Error {
  abstract readonly code: StoreErrorCode;
  abstract readonly retryable: boolean;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A key outside the grammar of `object-keys.ts`, or one that is both an object and a folder of objects. */
export class InvalidKey extends StoreError {
  readonly code = 'invalid-key';
  readonly retryable = false;
}

/** A conditional write met another state than the one it asked for: read again and decide again. */
export class PreconditionFailed extends StoreError {
  readonly code = 'precondition-failed';
  readonly retryable = true;
}

/** No room is left (disk, quota or file size limit). Nothing of the write is visible. */
export class StoreFull extends StoreError {
  readonly code = 'store-full';
  readonly retryable = true;
}

/** The folder or bucket refuses writes or reads: permissions, a read-only file system, wrong credentials. */
export class StoreForbidden extends StoreError {
  readonly code = 'store-forbidden';
  readonly retryable = false;
}

/** The store cannot be reached or answers with faults of its own. */
export class StoreUnavailable extends StoreError {
  readonly code = 'store-unavailable';
  readonly retryable = true;
}

/** A store URL that cannot be understood, or a server that lacks what the product needs. */
export class StoreMisconfigured extends StoreError {
  readonly code = 'store-misconfigured';
  readonly retryable = false;
}

/** Stored JSON that does not match its schema: somebody changed it, or a newer version wrote it. */
export class DamagedRecord extends StoreError {
  readonly code = 'damaged-record';
  readonly retryable = false;
}

/** Stored bytes do not match the digest that was recorded for them, or are gone though their record is there. */
export class DamagedContent extends StoreError {
  readonly code = 'damaged-content';
  readonly retryable = false;
}

/** A page was asked for with a cursor that no page gave. */
export class InvalidCursor extends StoreError {
  readonly code = 'invalid-cursor';
  readonly retryable = false;
}

/** There is no such record (any more) for this tenant. */
export class RecordNotFound extends StoreError {
  readonly code = 'record-not-found';
  readonly retryable = false;
}

/** A record with this id exists already. */
export class RecordExists extends StoreError {
  readonly code = 'record-exists';
  readonly retryable = false;
}

/** The record is used by unfinished jobs, which are named. */
export class RecordInUse extends StoreError {
  readonly retryable = false;

  constructor(
    readonly code: RecordUse,
    message: string,
    readonly jobIds: readonly string[],
  ) {
    super(message);
  }
}

/** Aliases name the model. */
export class ModelHasAlias extends RecordInUse {
  readonly aliases: readonly string[];

  constructor(message: string, aliases: readonly string[]) {
    super('model-has-alias', message, []);
    this.aliases = aliases;
  }
}

/** Images of one group would be in train and in test. */
export class GroupParted extends StoreError {
  readonly code = 'group-parted';
  readonly retryable = false;

  constructor(readonly group: string) {
    super(
      `Images of the group ${JSON.stringify(group)} are in the other split, or would be in both: a group is not parted between train and test.`,
    );
  }
}

/** As many models are pinned as a tenant may have. */
export class TooManyPinnedModels extends StoreError {
  readonly code = 'too-many-pinned-models';
  readonly retryable = false;

  constructor(readonly limit: number) {
    super(`${limit} models are pinned already: unpin another one first.`);
  }
}

/** An alias does not name the model that the caller expects. */
export class AliasMoved extends StoreError {
  readonly code = 'alias-moved';
  readonly retryable = false;
}

/** A tenant may have no more webhooks. */
export class TooManyWebhooks extends StoreError {
  readonly code = 'too-many-webhooks';
  readonly retryable = false;
}

/** The history of an alias holds no other model that still exists. */
export class NoEarlierModel extends StoreError {
  readonly code = 'no-earlier-model';
  readonly retryable = false;
}

/** The job has not ended yet, and only ended ones are deleted. */
export class JobNotEnded extends StoreError {
  readonly code = 'job-not-ended';
  readonly retryable = false;
}

/** The write carries the fencing token of an attempt that was superseded, or the job is over: stop working on it. */
export class StaleAttempt extends StoreError {
  readonly code = 'stale-attempt';
  readonly retryable = false;
}
