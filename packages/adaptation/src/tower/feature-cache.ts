import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Features } from './features.js';

/** Features of images by the digest of their pixels, of at most a number of bytes together. */
export class FeatureCache {
  readonly #features: LRUCache<string, Features>;

  constructor(maxBytes: number) {
    this.#features = new LRUCache({ maxSize: maxBytes, maxEntrySize: maxBytes, sizeCalculation: featureBytes });
  }

  /** The features of `images`; `compute` is asked once for those that are not here, each of them once. */
  async through(
    images: readonly Uint8Array[],
    compute: (missing: readonly Uint8Array[]) => Promise<readonly Features[]>,
  ): Promise<Features[]> {
    const digests = images.map((image) => createHash('sha256').update(image).digest('base64'));
    const found = new Map<string, Features>();
    const missing = new Map<string, Uint8Array>();
    for (const [index, digest] of digests.entries()) {
      const known = this.#features.get(digest);
      if (known) found.set(digest, known);
      else missing.set(digest, images[index]!);
    }
    const computed = missing.size > 0 ? await compute([...missing.values()]) : [];
    for (const [index, digest] of [...missing.keys()].entries()) {
      found.set(digest, computed[index]!);
      this.#features.set(digest, computed[index]!);
    }
    return digests.map((digest) => found.get(digest)!);
  }

  clear(): void {
    this.#features.clear();
  }
}

/** Bytes of an image's features. */
export function featureBytes(features: Features): number {
  return features.reduce((sum, tap) => sum + tap.byteLength, 0);
}
