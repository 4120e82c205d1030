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

/** Items that one page looks at when most of them do not pass a filter. */
const lookedAtMost = 1000;

/** Records that are read at a time. */
export const loadedAtOnce = 16;

/**
 * A page of the items that `load` finds for the ids in order; ids whose item is `undefined` (deleted meanwhile,
 * filtered out) are passed over. A page looks at 1,000 items at most: one that found fewer than `limit` among them ends
 * there, and the next goes on behind them. A cursor is the id of the last item that a page looked at, and the next page
 * begins behind it: whatever is added or deleted meanwhile, an item that exists during the whole walk appears exactly
 * once.
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
  let last = cursor;
  let looked = 0;
  const look = async (id: string) => ({ id, item: await load(id) });
  for await (const { id, item } of inBatches(idsBehind(cursor), Math.min(limit + 1, loadedAtOnce), look)) {
    if (looked === lookedAtMost || (item !== undefined && items.length === limit)) {
      return { items, ...(last !== undefined && { nextCursor: last }) };
    }
    looked++;
    last = id;
    if (item !== undefined) items.push(item);
  }
  return { items };
}

/** What `load` gives for each of `all`, in order, `size` of them at a time. */
export async function* inBatches<A, T>(
  all: AsyncIterable<A>,
  size: number,
  load: (one: A) => Promise<T>,
): AsyncGenerator<T> {
  let waiting: A[] = [];
  for await (const one of all) {
    waiting.push(one);
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

/**
 * Ids that are folders directly inside `folder`, newest first, older than `before`. Object stores list in ascending
 * order only, so the folder is read in windows of time that reach back from `before`: each as long as one request of
 * the store can answer, found by widening and narrowing. So a page costs a handful of requests, however many ids there
 * are.
 */
export async function* newestFirst(objects: ObjectStore, folder: string, before = '~'): AsyncGenerator<string> {
  const oldest = await objects.listFolders(folder, { limit: batch });
  if (oldest.length < batch) {
    yield* oldest.filter((id) => isId(id) && id < before).reverse();
    return;
  }
  const oldestMs = timeOfId(oldest.find(isId) ?? idBoundary(0));
  let end = before;
  let endMs = isId(before) ? timeOfId(before) + 1 : Date.now() + clockSkewMs;
  /** Where the ids are known to be too many for one request, if anywhere. */
  let denseMs = Number.NEGATIVE_INFINITY;
  for (let windowMs = firstWindowMs; endMs > oldestMs; ) {
    const beginMs = endMs - Math.max(1, Math.floor(windowMs));
    const begin = idBoundary(beginMs);
    const { ids, isWhole } = await idsBetween(objects, folder, begin, end, endMs - beginMs === 1);
    if (!isWhole) {
      denseMs = timeOfId(ids.at(-1) ?? begin);
      windowMs = (endMs - Math.max(denseMs, beginMs)) / 2;
      continue;
    }
    yield* ids.reverse();
    end = begin;
    endMs = beginMs;
    const wider = windowMs * Math.min(mostGrowth, Math.max(1, batch / 2 / (ids.length + 1)));
    windowMs = endMs > denseMs ? Math.min(wider, Math.max(1, (endMs - denseMs) / 2)) : wider;
  }
}

const firstWindowMs = 60_000;
const mostGrowth = 16;

/** How far the clocks of processes that make ids may be ahead of this one. */
const clockSkewMs = 600_000;

/** Ids from `begin` on and before `end`: those of one request, which may not be all, or `all` of them. */
async function idsBetween(objects: ObjectStore, folder: string, begin: string, end: string, all: boolean) {
  const ids: string[] = [];
  let seen = 0;
  for await (const id of foldersOf(objects, folder, begin)) {
    if (id >= end) break;
    if (isId(id)) ids.push(id);
    if (++seen === batch && !all) return { ids, isWhole: false };
  }
  return { ids, isWhole: true };
}
