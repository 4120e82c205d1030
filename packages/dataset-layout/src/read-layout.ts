import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { folderRulesOf, placeByFolders, placePlain } from './by-folders.js';
import { placeByLists } from './by-lists.js';
import { type Entry, entriesOf, isSampleList } from './entry.js';
import { foundSentence } from './found.js';
import type { DatasetLayout, LayoutKind, MissingFile, PlacedEntry } from './layout.js';
import { baseName, folderLabelOf, isMaskFolder, splitOf } from './names.js';

/** The bytes of the list at a place of the names. */
export type ReadList = (index: number) => AsyncIterable<Uint8Array>;

const imageName = /\.(?:png|jpe?g|jpe|jfif|webp|tiff?|bmp|dib|gif|nii|nii\.gz|dcm|dicom|ima|jp2|j2k|jpx)$/i;
const nameWithoutExtension = /^[^.]+$|\.\d+$/;

/**
 * What every entry of a folder or an archive is to a data set, told by names and by the paper's sample lists. `names`
 * are relative paths of files. Names are compared in one Unicode form, with `/` for `\`; folders that everything lies
 * in are passed over. Rejects with a LayoutError for a sample list that cannot be used, and with what `readList`
 * throws.
 */
export async function readLayout(names: readonly string[], readList: ReadList): Promise<DatasetLayout> {
  const { entries, top } = await entriesOf(names, isLayoutFolder, yieldToEventLoop);
  const { kind, placed, missing, lists, splits } = await place(entries, top, names, readList);
  const result: PlacedEntry[] = [];
  for (const entry of entries) {
    const isList = lists.has(entry);
    const reason = entry.sideReason ?? 'It is in no known layout.';
    result.push(isList ? { role: 'list' } : (placed.get(entry) ?? { role: 'ignored', reason }));
  }
  return { kind, entries: result, missing, found: foundSentence({ kind, splits }, result, missing.length) };
}

async function place(entries: readonly Entry[], top: string, names: readonly string[], readList: ReadList) {
  const nothing = { missing: [] as MissingFile[], lists: new Set<Entry>(), splits: true };
  const lists = entries.filter(({ segments }) => segments.length === 2 && isSampleList(segments));
  if (lists.length > 0) {
    const asked = lists.map((entry) => ({
      entry,
      name: names[entry.index] ?? entry.path,
      content: () => readList(entry.index),
    }));
    const kind: LayoutKind = 'lists';
    return { ...nothing, kind, lists: new Set(lists), ...(await placeByLists(entries, asked)) };
  }
  await yieldToEventLoop();
  const rules = folderRulesOf(entries);
  const placed = placeByFolders(entries, rules);
  if (hasImages(placed)) {
    const kind: LayoutKind = rules.kinds ? 'defects' : 'folders';
    return { ...nothing, kind, splits: rules.splits, placed };
  }
  const hasPlain = entries.some(({ segments, sideReason }) => isTopImage(segments, sideReason));
  const isNormal = top === '' || folderLabelOf(baseName(top)) === 'normal';
  if (isNormal && hasPlain) return { kind: 'plain' as LayoutKind, placed: placePlain(entries), ...nothing };
  return { kind: 'unknown' as LayoutKind, placed: new Map<Entry, PlacedEntry>(), ...nothing };
}

const hasImages = (placed: ReadonlyMap<Entry, PlacedEntry>): boolean =>
  [...placed.values()].some(({ role }) => role === 'image');

const isTopImage = ([name = '', ...rest]: readonly string[], sideReason: string | undefined): boolean =>
  rest.length === 0 && sideReason === undefined && (imageName.test(name) || nameWithoutExtension.test(name));

function isLayoutFolder(name: string): boolean {
  return splitOf(name) !== undefined || isMaskFolder(name) || /^(?:images|samples)$/i.test(name);
}
