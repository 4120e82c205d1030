import { createHash } from 'node:crypto';
import {
  differAtMost,
  nearCopyDifference,
  type PictureData,
  type PictureSignature,
  pictureSignature,
} from './near-copies.js';

/**
 * The distinct ones among pictures that come one after the other: what is a near copy of an earlier one does not count.
 */
export class DistinctPictures<K> {
  readonly #kept: { readonly key: K; readonly signature: PictureSignature }[] = [];

  get size(): number {
    return this.#kept.length;
  }

  /**
   * The key of the picture that this one is a near copy of, equal ones included; undefined for a new one, which counts
   * from now on.
   */
  add(key: K, picture: PictureData): K | undefined {
    const signature = pictureSignature(picture);
    const like = this.#kept.find((known) => differAtMost(known.signature, signature, nearCopyDifference));
    if (like) return like.key;
    this.#kept.push({ key, signature });
    return undefined;
  }
}

/** SHA-256 of a picture's pixels, in hexadecimal: equal for files of any format that show the same. */
export function pixelDigest({ data }: Pick<PictureData, 'data'>): string {
  return createHash('sha256').update(data).digest('hex');
}
