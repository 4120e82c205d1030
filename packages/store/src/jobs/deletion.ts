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

/**
 * Deletes a record that no unfinished job uses. Jobs are created in the order marker, record, look at what they use
 * (`JobRepository`); here the order is mark as being deleted, look at the markers, delete. So of a job and a deletion
 * that meet, at least one sees the other and is undone. Returns false when there is no such record; rejects with
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
 * Goes on with a deletion whose process died: ends it, or undoes it when it was not decided and a job came first. The
 * process may be alive: who decides or undoes first counts for both.
 */
export async function resumeDeletion<T extends Deletable>(tenant: Tenant, deletion: Deletion<T>): Promise<void> {
  const record = (await deletion.documents.read(deletion.key))?.value;
  if (record?.deletingSince === undefined) return;
  if (record.deletionDecided) return remove(tenant, deletion);
  try {
    await finish(tenant, deletion);
  } catch (error) {
    if (!(error instanceof RecordInUse)) throw error;
  }
}

async function finish<T extends Deletable>(tenant: Tenant, deletion: Deletion<T>): Promise<void> {
  const { id, use } = deletion;
  try {
    await assertUnused(tenant, id, use);
    await deletion.assertUnneeded?.();
  } catch (error) {
    if (!(error instanceof RecordInUse) || !(await isDecidedInsteadOfUndone(deletion))) throw error;
  }
  if (await isUndoneInsteadOfDecided(deletion)) {
    throw new RecordInUse(use, 'A job began to use it at the same moment: wait for it, or try again.', []);
  }
  await remove(tenant, deletion);
}

/** Undoes the deletion, unless somebody else has decided it. */
async function isDecidedInsteadOfUndone<T extends Deletable>({ documents, key }: Deletion<T>): Promise<boolean> {
  const undo = ({ deletingSince, ...record }: T): T => record as unknown as T;
  const isOpen = ({ deletingSince, deletionDecided }: T) => deletingSince !== undefined && !deletionDecided;
  const left = await documents.update(key, (record) => (isOpen(record) ? undo(record) : undefined), {
    fromReserve: true,
  });
  return left?.deletionDecided === true;
}

/** Decides the deletion, unless somebody else has undone it. */
async function isUndoneInsteadOfDecided<T extends Deletable>({ documents, key }: Deletion<T>): Promise<boolean> {
  const decide = (record: T): T | undefined =>
    record.deletingSince === undefined ? undefined : { ...record, deletionDecided: true };
  try {
    const left = await documents.update(key, decide);
    return left !== undefined && left.deletingSince === undefined;
  } catch (error) {
    // What is removed next makes room.
    if (!(error instanceof StoreFull)) throw error;
    return false;
  }
}

async function remove<T extends Deletable>(tenant: Tenant, { key, removeContents }: Deletion<T>): Promise<void> {
  await removeContents();
  await tenant.objects.delete(key);
}
