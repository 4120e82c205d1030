import { segmentsOf } from './names.js';
import { isSideFolder, sideFileReason } from './side-files.js';

/** An entry under the name that the layout sees. */
export interface Entry {
  readonly index: number;
  /** Below the folder that everything lies in: `train/normal/a.png`. */
  readonly path: string;
  /** The segments of `path`. */
  readonly segments: readonly string[];
  /** Why it is no image whatever the layout; a sample list is such a document too. */
  readonly sideReason?: string | undefined;
}

/** True of a folder's name that is part of a layout, and so not a folder around it. */
export type IsLayoutFolder = (name: string) => boolean;

const namesAtOnce = 500;

/**
 * The entries of `names`, and the folders that all of them but side files lie in, which their paths leave out. `pause`
 * is awaited every few hundred names.
 */
export async function entriesOf(
  names: readonly string[],
  isLayoutFolder: IsLayoutFolder,
  pause: () => Promise<unknown>,
): Promise<{ readonly entries: Entry[]; readonly top: string }> {
  const given: { segments: string[]; sideReason: string | undefined }[] = [];
  for (const [index, name] of names.entries()) {
    if (index % namesAtOnce === namesAtOnce - 1) await pause();
    const segments = segmentsOf(name);
    given.push({ segments, sideReason: sideFileReason(segments) });
  }
  const inside = given.filter(({ segments, sideReason }) => sideReason === undefined || isSampleList(segments));
  const depth = depthOfTop(
    inside.map(({ segments }) => segments),
    isLayoutFolder,
  );
  const top = inside[0]?.segments.slice(0, depth) ?? [];
  const entries = given.map(({ segments, sideReason }, index): Entry => {
    const isBelow = top.every((folder, level) => segments[level] === folder);
    const below = isBelow ? segments.slice(depth) : segments;
    return { index, path: below.join('/'), segments: below, sideReason };
  });
  return { entries, top: top.join('/') };
}

/** True of `samples/train.json`, `samples/test.json` and their like, in whatever folder. */
export function isSampleList(segments: readonly string[]): boolean {
  return (
    /^(?:train|training|test|testing)\.jsonl?$/i.test(segments.at(-1) ?? '') &&
    /^samples$/i.test(segments.at(-2) ?? '') &&
    !segments.some(isSideFolder)
  );
}

function depthOfTop(paths: readonly (readonly string[])[], isLayoutFolder: IsLayoutFolder): number {
  const [first, ...others] = paths;
  for (let depth = 0; first !== undefined && depth < first.length - 1; depth++) {
    const folder = first[depth] ?? '';
    if (isLayoutFolder(folder) || others.some((path) => path.length < depth + 2 || path[depth] !== folder))
      return depth;
  }
  return Math.max(0, (first?.length ?? 0) - 1);
}
