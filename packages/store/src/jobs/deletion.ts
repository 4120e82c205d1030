import { RecordInUse, type RecordUse, StoreFull } from '../errors.js';
import type { Documents } from '../records/documents.js';
import { type Tenant, timestamp } from '../records/tenant.js';
import { assertUnused } from './in-use.js';

interface Deletable {
  readonly deletingSince?: string | undefined;
  readonly deletionDecided?: true | undefined;
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
  /** May run several times, also in two processes at once. */
  removeContents(): Promise<void>;
  /** What the record says from the mark on. */
  readonly marks?: Partial<T>;
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
  const { documents, key, id, use, marks } = deletion;
  await assertUnused(tenant, id, use);
  await deletion.assertUnneeded?.();
  let mine = false;
  const mark = (record: T): T | undefined => {
    mine = record.deletingSince === undefined;
    return mine ? { ...record, ...marks, deletingSince: timestamp(tenant) } : undefined;
  };
  await documents.update(key, mark, { fromReserve: true });
  if (!mine) return false;
  await finish(tenant, deletion);
  return true;
}

/**
 * Goes on with a deletion whose process died: ends it at once when it was decided, and else ends it, or undoes it when
 * a job came first, once nobody can be at it any more.
 */
export async function resumeDeletion<T extends Deletable>(tenant: Tenant, deletion: Deletion<T>): Promise<void> {
  const record = (await deletion.documents.read(deletion.key))?.value;
  if (record?.deletingSince === undefined) return;
  if (record.deletionDecided) return remove(tenant, deletion);
  if (Date.parse(record.deletingSince) > tenant.now() - deletionMs) return;
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
      await documents.update(key, ({ deletingSince, ...record }) => record as unknown as T, { fromReserve: true });
    }
    throw error;
  }
  const decide = (record: T): T => ({ ...record, deletionDecided: true });
  try {
    await documents.update(key, decide);
  } catch (error) {
    // What is removed next makes room; without the decision, only going on after a death comes later.
    if (!(error instanceof StoreFull)) throw error;
  }
  await remove(tenant, deletion);
}

async function remove<T extends Deletable>(tenant: Tenant, { key, removeContents }: Deletion<T>): Promise<void> {
  await removeContents();
  await tenant.objects.delete(key);
}
