import { RecordInUse, type RecordUse } from '../errors.js';
import type { Documents } from '../records/documents.js';
import { type Tenant, timestamp } from '../records/tenant.js';
import { assertUnused } from './in-use.js';

interface Deletable {
  readonly deletingSince?: string | undefined;
}

/**
 * What is deleted: the record at `key`, which `uses` of jobs name as `id`, after everything that `removeContents`
 * removes.
 */
export interface Deletion<T extends Deletable> {
  readonly documents: Documents<T>;
  readonly key: string;
  readonly id: string;
  /** The code of the refusal while jobs use it. */
  readonly use: RecordUse;
  removeContents(): Promise<void>;
  /** Rejects with a `RecordInUse` when anything besides jobs needs the record. */
  assertUnneeded?(): Promise<void>;
}

/** After which time a deletion counts as interrupted, and the sweep goes on with it. */
const deletionMs = 600_000;

/**
 * Deletes a record that no unfinished job uses. Jobs are created in the order marker, record, look at what they use
 * (`JobRepository`); here the order is mark as being deleted, look at the markers, delete. So of a job and a deletion
 * that meet, at least one sees the other and gives way. Returns false when there is no such record; rejects with
 * `RecordInUse`.
 */
export async function deleteUnused<T extends Deletable>(tenant: Tenant, deletion: Deletion<T>): Promise<boolean> {
  const { documents, key, id, use } = deletion;
  await assertUnused(tenant, id, use);
  await deletion.assertUnneeded?.();
  let mine = false;
  const mark = (record: T): T | undefined => {
    mine = record.deletingSince === undefined;
    return mine ? { ...record, deletingSince: timestamp(tenant) } : undefined;
  };
  await documents.update(key, mark, { fromReserve: true });
  if (!mine) return false;
  await finish(tenant, deletion);
  return true;
}

/** Goes on with a deletion whose process died: ends it, or undoes it when a job came first. */
export async function resumeDeletion<T extends Deletable>(tenant: Tenant, deletion: Deletion<T>): Promise<void> {
  const since = (await deletion.documents.read(deletion.key))?.value.deletingSince;
  if (since === undefined || Date.parse(since) > tenant.now() - deletionMs) return;
  try {
    await finish(tenant, deletion);
  } catch (error) {
    if (!(error instanceof RecordInUse)) throw error;
  }
}

async function finish<T extends Deletable>(tenant: Tenant, deletion: Deletion<T>): Promise<void> {
  const { documents, key, id, use } = deletion;
  try {
    await assertUnused(tenant, id, use);
    await deletion.assertUnneeded?.();
  } catch (error) {
    if (error instanceof RecordInUse) {
      await documents.update(key, ({ deletingSince, ...record }) => record as T, { fromReserve: true });
    }
    throw error;
  }
  await deletion.removeContents();
  await tenant.objects.delete(key);
}
