import {
  differAtMost,
  nearCopyDifference,
  type PictureData,
  pictureSignature,
  relatedDifference,
} from './near-copies.js';

/**
 * Per picture, those that it must not be measured against when what is usual among the pictures is measured: itself,
 * and others as much alike as neighbouring frames or slices. Where nothing else would be left only near copies, or only
 * itself.
 */
export function relatives(pictures: readonly PictureData[]): ReadonlySet<number>[] {
  const signatures = pictures.map(pictureSignature);
  return signatures.map((own, index) => {
    for (const most of [relatedDifference, nearCopyDifference]) {
      const like = signatures.flatMap((other, i) => (i === index || differAtMost(own, other, most) ? [i] : []));
      if (like.length < signatures.length) return new Set(like);
    }
    return new Set([index]);
  });
}

/** Whether all pictures, two at least, are near copies of the first. */
export function areAllAlike(pictures: readonly PictureData[]): boolean {
  const [first, ...others] = pictures.map(pictureSignature);
  return (
    first !== undefined && others.length > 0 && others.every((other) => differAtMost(first, other, nearCopyDifference))
  );
}
