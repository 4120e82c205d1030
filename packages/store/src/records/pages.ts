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
 * once. `idsBehind` is told how many ids a page reads when each of them has an item.
 */
export async function pageOf<T extends { readonly id: string }>(
  idsBehind: (cursor: string | undefined, wanted: number) => AsyncIterable<string>,
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
  const atOnce = Math.min(limit + 1, loadedAtOnce);
  const wanted = Math.ceil((limit + 1) / atOnce) * atOnce;
  for await (const { id, item } of inBatches(idsBehind(cursor, wanted), atOnce, look)) {
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

/** Every folder directly inside `folder`, ascending, behind the name `after`, `most` of them asked for at a time. */
export async function* foldersOf(
  objects: ObjectStore,
  folder: string,
  after?: string,
  most = batch,
): AsyncGenerator<string> {
  for (let last = after; ; ) {
    const names = await objects.listFolders(
      folder,
      last === undefined ? { limit: most } : { limit: most, after: last },
    );
    yield* names;
    if (names.length < most) return;
    last = names.at(-1);
  }
}

/**
 * Ids that are folders directly inside `folder`, newest first, older than `before`. `wanted` is how many of them are
 * likely to be read.
 */
export async function* newestFirst(
  objects: ObjectStore,
  folder: string,
  before = behindAll,
  wanted = batch,
): AsyncGenerator<string> {
  for (let last = before; ; ) {
    const names = await objects.listFoldersBefore(folder, { before: last, limit: lastFirstBatch });
    if (names === undefined) return yield* newestInWindows(objects, folder, last, wanted);
    for (const name of names) if (isId(name)) yield name;
    if (names.length < lastFirstBatch) return;
    last = names.at(-1)!;
  }
}

/** Sorts behind every id. */
const behindAll = '~';

/** The ids that `pageOf` reads for a page of what is newest in a folder. */
export function newestIn(objects: ObjectStore, folder: string) {
  return (cursor: string | undefined, wanted: number) => newestFirst(objects, folder, cursor, wanted);
}

/** More than a page looks at, so that a page asks once. */
const lastFirstBatch = 2 * lookedAtMost;

/**
 * `newestFirst` where a store lists in ascending order only, as object stores do. A folder with few ids is read as a
 * whole. Of others, windows of time are read that reach back from `before`, each as long as one request can answer: how
 * long that is, is guessed from how close together the ids are that were seen last, by an earlier page too. So a page
 * costs a handful of requests, however many ids there are, and most pages one or two.
 */
async function* newestInWindows(
  objects: ObjectStore,
  folder: string,
  before: string,
  wanted: number,
): AsyncGenerator<string> {
  const seen = seenOf(objects);
  const seenBefore = seen.get(folder);
  const page = { objects, folder, wanted };
  let end = before;
  if (seenBefore !== undefined) end = yield* inWindows(page, end, seenBefore);
  // None is older than those that were seen, unless older ones were brought meanwhile.
  const few = Math.max(mostFor(wanted), fewIds);
  const oldest = await objects.listFolders(folder, { limit: few });
  const oldestIds = oldest.filter(isId);
  const seenNow = { oldestMs: timeOfId(oldestIds[0] ?? idBoundary(0)), density: densityOf(oldestIds) };
  if (oldest.length < few || oldest.at(-1)! >= end) {
    if (oldestIds.length < fewestInWindows) seen.delete(folder);
    else seen.set(folder, seenNow);
    yield* oldestIds.filter((id) => id < end).reverse();
    return;
  }
  yield* inWindows(page, end, seenNow);
}

/** What the last page saw of a folder with many ids. A page that guesses wrong by it costs more and lacks nothing. */
interface Seen {
  readonly oldestMs: number;
  /** How many ids there were in a millisecond. */
  readonly density: number;
  readonly newestMs?: number | undefined;
}

const mostSeen = 10_000;
const seenByStore = new WeakMap<ObjectStore, Map<string, Seen>>();

function seenOf(objects: ObjectStore): Map<string, Seen> {
  const seen = seenByStore.get(objects) ?? new Map<string, Seen>();
  seenByStore.set(objects, seen);
  const [first] = seen.keys();
  if (seen.size > mostSeen) seen.delete(first!);
  return seen;
}

interface WindowedPage {
  readonly objects: ObjectStore;
  readonly folder: string;
  readonly wanted: number;
}

/** Ids before `before`, newest first, until those of `oldestMs`; returns the name before which none was looked for. */
async function* inWindows(
  { objects, folder, wanted }: WindowedPage,
  before: string,
  { oldestMs, ...seen }: Seen,
): AsyncGenerator<string, string> {
  let { density, newestMs } = seen;
  let count = 0;
  let firstMs: number | undefined;
  let left = wanted;
  let most = mostFor(left);
  let end = before;
  let endMs = (before === behindAll ? Math.max(oldestMs, Date.now()) : timeOfId(before)) + 1;
  /** Where the ids are known to be too many for one request, if anywhere. */
  let denseMs = Number.NEGATIVE_INFINITY;
  const sinceNewestMs = before === behindAll && newestMs !== undefined ? Math.max(0, endMs - newestMs) : 0;
  let windowMs = sinceNewestMs + aimOf(left, most) / density;
  const towardsDense = () => Math.max((endMs - denseMs) / 2, aimOf(left, most) / density);
  while (endMs > oldestMs) {
    const beginMs = endMs - Math.max(1, Math.floor(windowMs));
    const begin = idBoundary(beginMs);
    const all = endMs - beginMs === 1;
    const { ids, isWhole } = await idsBetween(objects, folder, begin, end, all ? batch : most, all);
    if (!isWhole) {
      most = batch;
      denseMs = Math.max(beginMs, timeOfId(ids.at(-1) ?? begin));
      // Made by a process whose clock is ahead.
      if (denseMs >= endMs) endMs = denseMs + clockSkewMs;
      density = densityOf(ids);
      windowMs = (endMs - denseMs) / 2;
      continue;
    }
    if (ids.length > 0) {
      firstMs ??= timeOfId(ids.at(-1)!);
      if (before === behindAll) newestMs = firstMs;
      count += ids.length;
      const ofWalk = count < enoughForDensity ? seen.density : count / (firstMs - timeOfId(ids[0]!) + 1);
      seenOf(objects).set(folder, { oldestMs, density: ofWalk, newestMs });
    }
    yield* ids.reverse();
    end = begin;
    endMs = beginMs;
    left = left > ids.length ? left - ids.length : batch;
    most = ids.length === 0 ? batch : Math.max(most, mostFor(left));
    const wider = Math.min(mostGrowth, aimOf(left, most) / ids.length) * windowMs;
    windowMs = endMs > denseMs ? Math.min(wider, towardsDense()) : wider;
  }
  return end;
}

/** Fewer ids may be close together by chance. */
const enoughForDensity = 10;

/** A folder with fewer ids is read as a whole by its first page ... */
const fewIds = 500;
/** ... and one with fewer than these by later pages too. */
const fewestInWindows = 64;

const mostGrowth = 16;

/** How far the clocks of processes that make ids may be ahead of this one; where they are more, it takes more looks. */
const clockSkewMs = 600_000;

/** How many ids are asked for where `wanted` of them are wanted. */
function mostFor(wanted: number): number {
  return Math.min(batch, Math.max(64, 8 * wanted));
}

/** How many ids a window should have: fewer than `wanted` ask for one more, and more than `most` are in vain. */
function aimOf(wanted: number, most: number): number {
  return Math.sqrt(Math.min(wanted, most) * most);
}

/** How many ids there are in a millisecond, as `ids`, ascending, tell. */
function densityOf(ids: readonly string[]): number {
  return ids.length === 0 ? 1 : ids.length / (timeOfId(ids.at(-1)!) - timeOfId(ids[0]!) + 1);
}

/** Ids from `begin` on and before `end`: those of one request for `most` names, or `all` of them. */
async function idsBetween(
  objects: ObjectStore,
  folder: string,
  begin: string,
  end: string,
  most: number,
  all: boolean,
) {
  const ids: string[] = [];
  let seen = 0;
  for await (const id of foldersOf(objects, folder, begin, most)) {
    if (id >= end) break;
    if (isId(id)) ids.push(id);
    if (++seen === most && !all) return { ids, isWhole: false };
  }
  return { ids, isWhole: true };
}
