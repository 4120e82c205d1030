import type { Label, Split } from '@mediclip/contracts';
import type { Entry } from './entry.js';
import type { PlacedEntry } from './layout.js';
import { type MaskCandidate, type MaskedImage, matchMasks } from './match-masks.js';
import {
  folderLabelOf,
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

/**
 * True when folders of MVTec AD's layout are there: `good` in place of `normal`, or masks in `ground_truth/<defect>`.
 */
export function hasDefectFolders(entries: readonly Entry[]): boolean {
  return entries.some(
    ({ segments: [first = '', second = '', third] }) =>
      third !== undefined &&
      ((splitOf(first) !== undefined && /^good$/i.test(second)) || /^ground[ _-]?truth$/i.test(first)),
  );
}

/**
 * Images by `{train,test}/{normal,abnormal}/…`, masks by name from `masks/…`; with `defects`, other folders of `test`
 * are defects.
 */
export function placeByFolders(
  entries: readonly Entry[],
  { defects }: { readonly defects: boolean },
): Map<Entry, PlacedEntry> {
  const placed = new Map<Entry, PlacedEntry>();
  const found: Found[] = [];
  const masks: MaskCandidate[] = [];
  for (const entry of entries) {
    if (entry.sideReason !== undefined) continue;
    const mask = maskPath(entry.segments);
    const image = mask === undefined ? imageAt(entry, defects) : undefined;
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

function imageAt(entry: Entry, defects: boolean): Found | undefined {
  const [first = '', group = '', ...rest] = entry.segments;
  const split = splitOf(first);
  const label = folderLabelOf(group) ?? (defects && split === 'test' ? 'abnormal' : undefined);
  if (split === undefined || label === undefined || rest.length === 0) return undefined;
  return { entry, split, label, group, rest: rest.join('/') };
}

/** The path of a mask below its folder: of `masks/…`, `ground_truth/…`, `test/masks/…`. */
function maskPath([first = '', second = '', ...rest]: readonly string[]): string | undefined {
  if (isMaskFolder(first) && second !== '') return [second, ...rest].join('/');
  if (splitOf(first) !== undefined && isMaskFolder(second) && rest.length > 0) return rest.join('/');
  return undefined;
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
