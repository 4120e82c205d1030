import type { Label, Split } from '@mediclip/contracts';
import type { Entry } from './entry.js';
import type { PlacedEntry } from './layout.js';
import { type MaskCandidate, type MaskedImage, matchMasks } from './match-masks.js';
import {
  folderLabelOf,
  isImageFolder,
  isMaskFolder,
  splitOf,
  withoutExtension,
  withoutMaskSuffix,
  withoutThumbnailSuffix,
} from './names.js';

/** An image by its folders. */
interface Found {
  readonly entry: Entry;
  readonly split: Split;
  readonly label: Label;
  /** The folder that says the label: `abnormal`, or the name of a defect. */
  readonly group: string;
  /** The path below that folder. */
  readonly rest: string;
}

const abnormalTraining = 'It lies among abnormal training images, and training takes normal ones only.';
const elsewhere = 'It lies in no folder of the layout.';

/** How the folders of a layout are to be read. */
export interface FolderRules {
  /** Whether folders say train and test; without, normal images are for training and abnormal ones for testing. */
  readonly splits: boolean;
  /** Whether abnormal test images lie in a folder for each kind of defect or finding, whatever its name. */
  readonly kinds: boolean;
}

/**
 * The rules by the folders that there are. Kinds have folders of their own where MVTec AD's are (`good` in place of
 * `normal`, masks in `ground_truth/<defect>`), and where one of normal test images has others beside it, none of which
 * is called abnormal.
 */
export function folderRulesOf(entries: readonly Entry[]): FolderRules {
  const paths = entries.filter(({ sideReason }) => sideReason === undefined).map(({ segments }) => segments);
  const splits = paths.some(([first = '', second]) => second !== undefined && splitOf(first) !== undefined);
  const isMvtec = paths.some(
    ([first = '', second = '', third]) =>
      third !== undefined &&
      ((splitOf(first) !== undefined && /^good$/i.test(second)) || /^ground[ _-]?truth$/i.test(first)),
  );
  const labels = new Set(paths.map((path) => testLabelOf(placeOf(path, splits), splits)));
  return { splits, kinds: (splits && isMvtec) || (labels.has('normal') && !labels.has('abnormal')) };
}

/** The label that a folder of test images says. */
function testLabelOf({ split, group, rest }: Place, splits: boolean): Label | undefined {
  const isTest = splits ? split === 'test' : split !== 'train';
  return isTest && rest.length > 0 ? folderLabelOf(group) : undefined;
}

/**
 * Images by `{train,test}/{normal,abnormal}/…` or, without splits, `{normal,abnormal}/…`; masks by name from `masks/…`
 * or from a folder of that name below the label's.
 */
export function placeByFolders(entries: readonly Entry[], rules: FolderRules): Map<Entry, PlacedEntry> {
  const placed = new Map<Entry, PlacedEntry>();
  const found: Found[] = [];
  const masks: MaskCandidate[] = [];
  for (const entry of entries) {
    if (entry.sideReason !== undefined) continue;
    const mask = maskPath(entry.segments, rules);
    const image = mask === undefined ? imageAt(entry, rules) : undefined;
    if (mask !== undefined) masks.push({ entry, path: mask });
    else if (image) found.push(image);
    else placed.set(entry, { role: 'ignored', reason: elsewhere });
  }
  placeImages(found, masks, placed);
  return placed;
}

/** Every image at the top is taken as a normal training image. */
export function placePlain(entries: readonly Entry[]): Map<Entry, PlacedEntry> {
  const placed = new Map<Entry, PlacedEntry>();
  const found: Found[] = [];
  for (const entry of entries) {
    if (entry.sideReason !== undefined) continue;
    if (entry.segments.length > 1) placed.set(entry, { role: 'ignored', reason: elsewhere });
    else found.push({ entry, split: 'train', label: 'normal', group: '', rest: entry.path });
  }
  placeImages(found, [], placed);
  return placed;
}

/** What the folders of a path say. */
interface Place {
  readonly split: Split | undefined;
  /** The folder that says the label. */
  readonly group: string;
  readonly rest: readonly string[];
}

function placeOf([first = '', ...others]: readonly string[], splits: boolean): Place {
  const [second = '', ...rest] = others;
  if (splits) return { split: splitOf(first), group: second, rest };
  const split = splitOf(second);
  return { split, group: first, rest: split !== undefined && rest.length > 0 ? rest : others };
}

function imageAt(entry: Entry, { splits, kinds }: FolderRules): Found | undefined {
  const { split: said, group, rest } = placeOf(entry.segments, splits);
  const label = folderLabelOf(group) ?? (kinds ? 'abnormal' : undefined);
  const split = said ?? (splits ? undefined : label === 'normal' ? 'train' : 'test');
  if (split === undefined || label === undefined || rest.length === 0) return undefined;
  const [folder = '', ...below] = rest;
  const isWrapped = below.length > 0 && isImageFolder(folder);
  return { entry, split, label, group, rest: (isWrapped ? below : rest).join('/') };
}

/** The path of a mask below its folder: of `masks/…`, `ground_truth/…`, `test/masks/…`, `test/<label>/masks/…`. */
function maskPath(segments: readonly string[], { splits }: FolderRules): string | undefined {
  const [first = '', second = ''] = segments;
  if (isMaskFolder(first) && second !== '') return segments.slice(1).join('/');
  const { split, group, rest } = placeOf(segments, splits);
  if (splits && split === undefined) return undefined;
  if (rest.length === 0) return undefined;
  if (isMaskFolder(group)) return rest.join('/');
  const [folder = '', ...below] = rest;
  if (below.length > 0 && isMaskFolder(folder)) return [group, ...below].join('/');
  const masked = withoutMaskSuffix(group);
  return masked === undefined ? undefined : [masked, ...rest].join('/');
}

/** Takes masks and thumbnails that lie beside their images from among these, and places all. */
function placeImages(found: readonly Found[], masks: readonly MaskCandidate[], placed: Map<Entry, PlacedEntry>): void {
  const stems = new Set(found.map(({ entry }) => withoutExtension(entry.path)));
  const images: (Found & MaskedImage)[] = [];
  const beside: MaskCandidate[] = [];
  for (const image of found) {
    const stem = withoutExtension(image.entry.path);
    const masked = withoutMaskSuffix(stem);
    const shrunk = withoutThumbnailSuffix(stem);
    if (masked !== undefined && stems.has(masked)) beside.push({ entry: image.entry, path: image.rest, of: masked });
    else if (shrunk !== undefined && stems.has(shrunk)) {
      placed.set(image.entry, { role: 'ignored', reason: 'It is the thumbnail of the image beside it.' });
    } else if (image.split === 'train' && image.label === 'abnormal') {
      placed.set(image.entry, { role: 'ignored', reason: abnormalTraining });
    } else images.push({ ...image, keys: keysOf(image) });
  }
  const matched = matchMasks(images, [...beside, ...masks]);
  for (const [mask, place] of matched.masks) placed.set(mask, place);
  for (const { entry, split, label, group, rest } of images) {
    const className = folderLabelOf(group) === undefined && group !== '' ? group : undefined;
    const folder = rest.includes('/') ? rest.slice(0, rest.indexOf('/')) : undefined;
    placed.set(entry, { role: 'image', split, label, mask: matched.maskOf.get(entry)?.index, className, folder });
  }
}

/** The paths that a mask of the image may have below its folder, the certain ones first. */
function keysOf({ rest, group, split }: Found): string[] {
  return [rest, `${group}/${rest}`, `${split}/${group}/${rest}`];
}
