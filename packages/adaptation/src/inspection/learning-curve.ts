import { RandomStream } from '@mediclip/synthesis';
import { purposes } from '../randomness.js';

/** The images whose curve is worth looking at are as many more as this. */
const moreNormals = 8;

/** Random choices of the others that each image is measured against, for the lower point of the curve. */
const choices = 6;

/**
 * By which share `moreNormals` more of `count` normals would bring a new normal image closer to them, 0 to 1. The mean
 * distance of an image's places to the nearest of k others falls as a power of k: fitted through half of the others and
 * all of them, and carried on. `apart` has, per image, of its places (rows) the distances to the nearest place of each
 * image (columns), [places, images]; `relatives` has for each those that it is not measured against. Undefined where
 * there are too few to tell.
 */
export function gainOfMore(
  apart: readonly Float32Array[],
  relatives: readonly ReadonlySet<number>[],
  count: number,
): number | undefined {
  const others = apart.map((_, index) => [...apart.keys()].filter((other) => !relatives[index]!.has(other)));
  const most = Math.min(...others.map(({ length }) => length));
  const half = Math.floor(most / 2);
  if (half < 1) return undefined;
  const random = new RandomStream(0, 0, 0, purposes.learningCurve);
  const meanDistance = (known: number, draws: number) => {
    const distances = apart.flatMap((ofImage, index) =>
      Array.from({ length: draws }, () =>
        distanceTo(random.shuffle([...others[index]!]).slice(0, known), ofImage, apart.length),
      ),
    );
    return distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
  };
  const [few, all] = [meanDistance(half, choices), meanDistance(most, 1)];
  if (!(all > 0)) return undefined;
  const slope = Math.max(0, Math.log(few / all) / Math.log(most / half));
  return 1 - ((count + moreNormals) / count) ** -slope;
}

/** The mean over the places of an image of the distance to the nearest place of `known` images. */
function distanceTo(known: readonly number[], apart: Float32Array, images: number): number {
  let sum = 0;
  for (let row = 0; row < apart.length; row += images) {
    let nearest = Number.POSITIVE_INFINITY;
    for (const image of known) nearest = Math.min(nearest, apart[row + image]!);
    sum += nearest;
  }
  return (sum * images) / apart.length;
}

/** From this `gainOfMore` on, more normals raised the AUROC by 0.01 and more (`docs/accuracy.md`). */
const worthwhileGain = 0.06;

/** For people: whether more normal images would help. */
export function enoughNote(gain: number): string {
  const percent = Math.round(100 * gain);
  if (gain >= worthwhileGain) {
    return `${moreNormals} more normal images would probably help: they would bring a new normal image about ${percent} % closer to those that the model knows.`;
  }
  return `More normal images will hardly help: ${moreNormals} more would bring a new normal image only about ${percent} % closer to those that the model knows.`;
}
