import { ComparedPicture } from './align.js';
import { HashIndex } from './hash-index.js';
import { hashedSide, perceptualHash } from './perceptual-hash.js';
import { inPlace, type Placement, type ThumbnailPicture, warped } from './warp.js';

/** A picture as it is compared with others. */
export interface ComparablePicture extends ThumbnailPicture {
  /** Digest of the file. */
  readonly fileDigest: string;
  readonly pixelDigest: string;
}

type CopyKind = 'equal-bytes' | 'equal-pixels' | 'near';

/** Two pictures that are one, by their places. */
export interface CopyPair {
  readonly first: number;
  readonly second: number;
  readonly kind: CopyKind;
  /** The correlation of their greys once the one lies over the other as well as it can, up to 1. */
  readonly correlation: number;
}

/** From this correlation on two pictures are one: measured in `docs/accuracy.md`. */
const nearCopyCorrelation = 0.978;

/** Bits by which the hashes of two pictures may differ that are compared further. */
const hashRadius = 10;
/** So many of the nearest by their hashes are compared roughly, and so many of those well. */
const mostRough = 96;
const mostAligned = 8;
const leastRough = 0.75;
/** Places along each side that are compared, roughly and well. */
const roughSide = 24;
const fineSide = 48;
/** Sizes of the steps of the alignment, roughly and then well, and what the rough one must come to. */
const roughSteps = [1, 0.5];
const fineSteps = [0.5, 0.25, 0.125];
const hopeful = 0.94;

const degree = Math.PI / 180;

/** How a copy may lie over its picture; the inverse of each is looked for from the other side. */
const placements: readonly Placement[] = [
  ...[0, 2, 4].flatMap((degrees) =>
    [1 / 1.05, 1, 1.05].flatMap((scale) => (degrees === 0 && scale > 1 ? [] : placed(degrees * degree, scale, false))),
  ),
  ...[-4, -2, 0, 2, 4].flatMap((degrees) => [1 / 1.05, 1].flatMap((scale) => placed(degrees * degree, scale, true))),
  ...[-0.025, 0, 0.025].flatMap((shiftX) =>
    [-0.025, 0, 0.025].flatMap((shiftY) =>
      shiftX === 0 && shiftY === 0
        ? []
        : [false, true].map((isMirrored) => ({ ...inPlace, isMirrored, scaleX: 0.95, scaleY: 0.95, shiftX, shiftY })),
    ),
  ),
  ...[1, 2].map((quarterTurns) => ({ ...inPlace, quarterTurns })),
  ...[1, 2, 3].map((quarterTurns) => ({ ...inPlace, isMirrored: true, quarterTurns })),
];

function placed(angleRadians: number, scale: number, isMirrored: boolean): Placement[] {
  return [{ ...inPlace, isMirrored, angleRadians, scaleX: scale, scaleY: scale }];
}

/**
 * The pairs of pictures that show the same: equal files, equal pixels, and pictures that are one when mirrored, turned,
 * cropped a little, made brighter or compressed again. Candidates come from perceptual hashes of many placements, kept
 * in tables, so that no two pictures are compared that are far apart; each is then laid over the other as well as it
 * can. Time grows with the number of pictures, and memory by a few hundred bytes for each. Of a group of equal ones
 * each is paired with the first. `progress` is called with how many are done.
 */
export function findCopies(
  pictures: readonly ComparablePicture[],
  progress: (done: number) => void = () => {},
): CopyPair[] {
  const pairs: CopyPair[] = [];
  const distinct: number[] = [];
  const byPixels = new Map<string, number>();
  const byBytes = new Map<string, number>();
  for (const [second, { fileDigest, pixelDigest }] of pictures.entries()) {
    const sameFile = byBytes.get(fileDigest);
    const samePixels = byPixels.get(pixelDigest);
    if (sameFile !== undefined) pairs.push({ first: sameFile, second, kind: 'equal-bytes', correlation: 1 });
    else if (samePixels !== undefined) pairs.push({ first: samePixels, second, kind: 'equal-pixels', correlation: 1 });
    else distinct.push(second);
    if (sameFile === undefined) byBytes.set(fileDigest, second);
    if (samePixels === undefined) byPixels.set(pixelDigest, second);
  }
  return [...pairs, ...nearCopies(pictures, distinct, progress)];
}

interface Candidate {
  readonly place: number;
  readonly distance: number;
  readonly placement: Placement;
}

function nearCopies(
  pictures: readonly ComparablePicture[],
  distinct: readonly number[],
  progress: (done: number) => void,
): CopyPair[] {
  const index = new HashIndex(distinct.map((place) => perceptualHash(warped(pictures[place]!, inPlace, hashedSide))));
  const found: CopyPair[] = [];
  const tried = new Set<number>();
  for (const [own, second] of distinct.entries()) {
    const picture = pictures[second]!;
    for (const { place, placement } of candidates(picture, own, index, (at) => pictures[distinct[at]!]!)) {
      const [a, b] = [Math.min(place, own), Math.max(place, own)];
      if (tried.has(a * distinct.length + b)) continue;
      tried.add(a * distinct.length + b);
      const correlation = bestCorrelation(pictures[distinct[place]!]!, picture, placement);
      if (correlation < nearCopyCorrelation) continue;
      found.push({ first: distinct[a]!, second: distinct[b]!, kind: 'near', correlation });
    }
    progress(own + 1);
  }
  return found;
}

/**
 * The correlation of two pictures once one lies over the other as well as it can; less where a rough look shows that
 * they are not one.
 */
function bestCorrelation(picture: ThumbnailPicture, other: ThumbnailPicture, start: Placement): number {
  const rough = new ComparedPicture(picture, roughSide).aligned(other, start, roughSteps);
  if (rough.correlation < hopeful) return rough.correlation;
  return new ComparedPicture(picture, fineSide).aligned(other, rough.placement, fineSteps).correlation;
}

/** The pictures that one may be a copy of, each with how it would lie over it; the likeliest few. */
function candidates(
  picture: ThumbnailPicture,
  own: number,
  index: HashIndex,
  pictureAt: (place: number) => ThumbnailPicture,
): Candidate[] {
  const nearest = new Map<number, Candidate>();
  for (const placement of placements) {
    index.near(perceptualHash(warped(picture, placement, hashedSide)), hashRadius, (place, distance) => {
      const known = nearest.get(place);
      if (place !== own && (!known || distance < known.distance)) nearest.set(place, { place, distance, placement });
    });
  }
  const rough = [...nearest.values()].sort((a, b) => a.distance - b.distance).slice(0, mostRough);
  return rough
    .map((candidate) => {
      const other = new ComparedPicture(pictureAt(candidate.place), roughSide);
      return { candidate, correlation: other.correlation(picture, candidate.placement) };
    })
    .filter(({ correlation }) => correlation >= leastRough)
    .sort((a, b) => b.correlation - a.correlation)
    .slice(0, mostAligned)
    .map(({ candidate }) => candidate);
}
