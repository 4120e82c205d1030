import type { Label } from '@mediclip/contracts';
import type { Entry } from './entry.js';
import type { PlacedEntry } from './layout.js';
import { baseName, withoutExtension, withoutMaskMark } from './names.js';

export interface MaskedImage {
  readonly entry: Entry;
  readonly label: Label;
  /** Paths that its mask may have, with the image's own extension. */
  readonly keys: readonly string[];
}

export interface MaskCandidate {
  readonly entry: Entry;
  /** Below the folder of masks. */
  readonly path: string;
  /** The path, without extension, of the image that it lies beside. */
  readonly of?: string;
}

export interface MatchedMasks {
  readonly maskOf: ReadonlyMap<Entry, Entry>;
  readonly masks: ReadonlyMap<Entry, PlacedEntry>;
}

/** One picture in several formats (`a.dcm`, `a.png`) shares its mask, up to so many. */
const formatsOfOne = 8;
const noImages: readonly MaskedImage[] = [];

/** Names by which masks and images are compared, the certain ones first. */
const passes: readonly {
  readonly ofImage: (image: MaskedImage) => readonly string[];
  readonly ofMask: (stem: string) => string | undefined;
}[] = [
  { ofImage: stems, ofMask: (stem) => stem },
  { ofImage: stems, ofMask: withoutMaskMark },
  { ofImage: (image) => stems(image).map(folded), ofMask: folded },
  { ofImage: (image) => stems(image).map(folded), ofMask: (stem) => withoutMaskMark(folded(stem)) },
  { ofImage: lastNames, ofMask: (stem) => baseName(folded(stem)) },
  { ofImage: lastNames, ofMask: (stem) => withoutMaskMark(baseName(folded(stem))) },
];

/**
 * The mask of every abnormal image, by name: the image's own, in whatever format, or the same with `_mask` and its
 * like; in the same folder as the image, in its like below the folder of masks, or anywhere there when only one image
 * has the name.
 */
export function matchMasks(images: readonly MaskedImage[], masks: readonly MaskCandidate[]): MatchedMasks {
  const imagesOf = new Map<Entry, readonly MaskedImage[]>();
  let open = masks;
  const beside = grouped(images, ({ entry }) => [withoutExtension(entry.path)]);
  open = open.filter(({ entry, of }) => of === undefined || !note(imagesOf, entry, beside.get(of) ?? []));
  for (const { ofImage, ofMask } of passes) {
    if (open.length === 0) break;
    const byName = grouped(images, ofImage);
    open = open.filter(({ entry, path }) => {
      const name = ofMask(withoutExtension(path));
      return name === undefined || !note(imagesOf, entry, byName.get(name) ?? []);
    });
  }
  return placed(images, masks, imagesOf);
}

/** Takes note of what a mask was found to belong to; false when that is nothing. */
function note(imagesOf: Map<Entry, readonly MaskedImage[]>, mask: Entry, images: readonly MaskedImage[]): boolean {
  if (images.length > 0) imagesOf.set(mask, images);
  return images.length > 0;
}

function placed(
  images: readonly MaskedImage[],
  masks: readonly MaskCandidate[],
  imagesOf: ReadonlyMap<Entry, readonly MaskedImage[]>,
): MatchedMasks {
  const places = new Map<Entry, PlacedEntry>();
  const masksOf = new Map<Entry, Entry[]>();
  const owners = new Map<readonly MaskedImage[], readonly MaskedImage[] | string>();
  for (const { entry } of masks) {
    const found = imagesOf.get(entry) ?? noImages;
    const owner = owners.get(found) ?? ownersAmong(found);
    owners.set(found, owner);
    if (typeof owner === 'string') places.set(entry, refused(owner));
    else for (const image of owner) append(masksOf, image.entry, entry);
  }
  const maskOf = new Map<Entry, Entry>();
  const shown = new Map<Entry, number[]>();
  for (const { entry } of images) {
    const candidates = masksOf.get(entry) ?? [];
    const [mask] = candidates;
    if (mask === undefined) continue;
    if (candidates.length === 1) {
      maskOf.set(entry, mask);
      append(shown, mask, entry.index);
    } else for (const one of candidates) places.set(one, refused(severalMasks(entry, candidates.length)));
  }
  for (const [mask, indices] of shown) places.set(mask, { role: 'mask', images: indices });
  return { maskOf, masks: places };
}

/** The images that a mask belongs to, of those that have its name, or why there are none as a sentence. */
function ownersAmong(found: readonly MaskedImage[]): readonly MaskedImage[] | string {
  if (found.length === 0) return 'No abnormal image has this name.';
  const abnormal = found.filter(({ label }) => label === 'abnormal');
  if (abnormal.length === 0) return 'The image of its name is normal and has nothing to mark.';
  const folders = new Set(abnormal.map(({ entry }) => entry.segments.slice(0, -1).join('/')));
  const isOne = folders.size === 1 && abnormal.length <= formatsOfOne;
  return isOne
    ? abnormal
    : `${abnormal.length} abnormal images have its name, so which it belongs to would be a guess.`;
}

const severalMasks = (image: Entry, count: number): string =>
  `The image ${JSON.stringify(baseName(image.path))} has ${count} masks: join them into one, or leave one.`;

function refused(reason: string): PlacedEntry {
  return { role: 'refused', fault: 'mask-without-image', reason };
}

/** The image's keys with and without its extension: a mask may be `a.png` or `a.dcm.png`. */
function stems({ keys }: MaskedImage): string[] {
  return [...new Set(keys.flatMap((key) => [withoutExtension(key), key]))];
}

function lastNames({ entry }: MaskedImage): string[] {
  return [...new Set([withoutExtension(entry.path), entry.path].map((path) => folded(baseName(path))))];
}

function folded(name: string): string {
  return name.toLowerCase();
}

function grouped<T>(items: readonly T[], keysOf: (item: T) => readonly string[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    for (const key of keysOf(item)) append(groups, key, item);
  }
  return groups;
}

function append<K, V>(groups: Map<K, V[]>, key: K, value: V): void {
  const group = groups.get(key);
  if (group) group.push(value);
  else groups.set(key, [value]);
}
