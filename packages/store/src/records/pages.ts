import type { Page } from '@mediclip/contracts';
import { InvalidCursor } from '../errors.js';
import type { ObjectStore } from '../object-store.js';
import { idBoundary, isId, timeOfId } from './ids.js';

/** Which page of a list. */
export interface PageRequest {
  /** At most so many items, at least 1. */
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
}

const batch = 1000;
const loadedAtOnce = 16;
const hourMs = 3_600_000;

/**
 * A page of the items that `load` finds for the ids in order; ids whose item is `undefined` (deleted meanwhile, filtered out) are passed
 * over. A cursor is the id of a page's last item, and the next page begins behind it: whatever is added or deleted meanwhile, an item
 * that exists during the whole walk appears exactly once.
 */
export async function pageOf<T extends { readonly id: string }>(
  idsBehind: (cursor: string | undefined) => AsyncIterable<string>,
  load: (id: string) => Promise<T | undefined>,
  { limit, cursor }: PageRequest,
): Promise<Page<T>> {
  if (cursor !== undefined && !isId(cursor)) {
    throw new InvalidCursor('The cursor is none that a page gave: begin again without a cursor.');
  }
  const items: T[] = [];
  for await (const loaded of inBatches(idsBehind(cursor), Math.min(limit + 1, loadedAtOnce), load)) {
    if (loaded === undefined) continue;
    if (items.length === limit) return { items, nextCursor: items.at(-1)!.id };
    items.push(loaded);
  }
  return { items };
}

/** What `load` gives for every id, in order, `size` of them at a time. */
async function* inBatches<T>(
  ids: AsyncIterable<string>,
  size: number,
  load: (id: string) => Promise<T>,
): AsyncGenerator<T> {
  let waiting: string[] = [];
  for await (const id of ids) {
    waiting.push(id);
    if (waiting.length < size) continue;
    yield* await Promise.all(waiting.map(load));
    waiting = [];
  }
  yield* await Promise.all(waiting.map(load));
}

/** Every folder directly inside `folder`, ascending, behind the name `after`. */
export async function* foldersOf(objects: ObjectStore, folder: string, after?: string): AsyncGenerator<string> {
  for (let last = after; ; ) {
    const names = await objects.listFolders(
      folder,
      last === undefined ? { limit: batch } : { limit: batch, after: last },
    );
    yield* names;
    if (names.length < batch) return;
    last = names.at(-1);
  }
}

/** Every key below `prefix`, ascending. */
export async function* keysOf(objects: ObjectStore, prefix: string, after?: string): AsyncGenerator<string> {
  for (let last = after; ; ) {
    const found = await objects.list(prefix, last === undefined ? { limit: batch } : { limit: batch, after: last });
    for (const { key } of found) yield key;
    if (found.length < batch) return;
    last = found.at(-1)!.key;
  }
}

/**
 * Ids that are folders directly inside `folder`, newest first, older than `before`. Object stores list in ascending order only, so a
 * folder with many ids is read in windows of time that reach further and further back.
 */
export async function* newestFirst(objects: ObjectStore, folder: string, before = '~'): AsyncGenerator<string> {
  const oldest = await objects.listFolders(folder, { limit: batch });
  if (oldest.length < batch) {
    yield* oldest.filter((id) => isId(id) && id < before).reverse();
    return;
  }
  let end = before;
  let endMs = isId(before) ? timeOfId(before) : Date.now();
  for (let windowMs = hourMs; endMs >= 0; windowMs *= 8) {
    const begin = idBoundary(endMs - windowMs);
    const ids: string[] = [];
    for await (const id of foldersOf(objects, folder, begin)) {
      if (id >= end) break;
      if (isId(id)) ids.push(id);
    }
    yield* ids.reverse();
    end = begin;
    endMs -= windowMs;
  }
}
