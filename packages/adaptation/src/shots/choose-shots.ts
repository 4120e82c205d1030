import { AdaptationError } from '../errors.js';
import { shotOrder } from '../training/plan.js';
import { DistinctPictures, pixelDigest } from './distinct-pictures.js';
import type { PictureData } from './near-copies.js';
import { spreadOverGroups } from './spread-over-groups.js';

/**
 * The shots of an adaptation: distinct pictures, and what was left out for being like one of them. Images are indices.
 */
export interface ChosenShots {
  /** Ascending. */
  readonly shots: readonly number[];
  /** Per shot, the digest of its pixels. */
  readonly pixelDigests: readonly string[];
  /** Images that were left out as copies or near copies: which, and the shot that each is like. Ascending. */
  readonly copies: readonly { readonly index: number; readonly of: number }[];
}

/** From two pictures on a detector knows what differs among normal ones. */
const leastDistinct = 2;

/**
 * Which normal images a seed picks as its shots when copies and near copies count once: without any those of
 * `chooseShots`, else the next ones in the seed's order take the places of copies, as long as there are any.
 * `groups` has the group of every image, where it has one: shots come from as many of them as there are.
 * `firstOfBytes` has, for every image, the first one whose file has the same bytes, which is the image itself where no
 * earlier one has. `look` reads the pictures of some images, as they are scored; it is asked for no more than are
 * needed. Throws an `AdaptationError` when there are fewer images than shots, or too few distinct ones among them.
 */
export async function chooseDistinctShots(
  firstOfBytes: readonly number[],
  {
    shots,
    seed,
    groups = [],
  }: { readonly shots: number; readonly seed: number; readonly groups?: readonly (string | undefined)[] },
  look: (indices: readonly number[]) => Promise<readonly PictureData[]>,
): Promise<ChosenShots> {
  const files = firstOfBytes.flatMap((first, index) => (first === index ? [index] : []));
  const available = firstOfBytes.length < shots ? firstOfBytes.length : Math.max(files.length, shots);
  const order = spreadOverGroups(
    shotOrder(available, shots, seed).flatMap((place) => files[place] ?? []),
    groups,
  );
  const distinct = new DistinctPictures<number>();
  const digests = new Map<number, string>();
  const likes = new Map<number, number>();
  for (let next = 0; next < order.length && distinct.size < shots; ) {
    const indices = order.slice(next, next + shots - distinct.size);
    const pictures = await look(indices);
    for (const [place, index] of indices.entries()) {
      const picture = pictures[place]!;
      digests.set(index, pixelDigest(picture));
      likes.set(index, distinct.add(index, picture) ?? index);
    }
    next += indices.length;
  }
  if (distinct.size < Math.min(shots, leastDistinct)) throw tooAlike(firstOfBytes.length);
  return firstOfEqual(firstOfBytes, digests, likes);
}

/** The first of equal pictures is the shot, so that copies behind the pictures change nothing. */
function firstOfEqual(
  firstOfBytes: readonly number[],
  digests: ReadonlyMap<number, string>,
  likes: ReadonlyMap<number, number>,
): ChosenShots {
  const firstWith = new Map<string, number>();
  for (const index of [...digests.keys()].sort(ascending)) {
    const digest = digests.get(index)!;
    if (!firstWith.has(digest)) firstWith.set(digest, index);
  }
  const shotOf = new Map([...likes].map(([index, like]) => [index, firstWith.get(digests.get(like)!)!]));
  const shots = [...new Set(shotOf.values())].sort(ascending);
  const copies = firstOfBytes.flatMap((first, index) => {
    const of = shotOf.get(first);
    return of === undefined || of === index ? [] : [{ index, of }];
  });
  return { shots, pixelDigests: shots.map((index) => digests.get(index)!), copies };
}

/** The refusal of normal images that are copies of one picture. */
export const tooAlike = (images: number) =>
  new AdaptationError(
    'shots-too-alike',
    `The ${images} normal training images are copies of one picture, or nearly: add images of other people, ${leastDistinct} distinct ones at least.`,
  );

const ascending = (a: number, b: number): number => a - b;

/** For people: how many distinct pictures the shots are, when `copies` were left out. */
export function copiesNote(distinct: number, copies: number): string {
  const left =
    copies === 1 ? '1 training image was left out as a copy' : `${copies} training images were left out as copies`;
  return `${left} (or nearly) of others: the model was adapted to ${distinct} distinct ${distinct === 1 ? 'picture' : 'pictures'}.`;
}
