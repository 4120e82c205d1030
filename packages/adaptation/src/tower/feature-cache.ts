import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Features } from './features.js';

/**
 * Features of images by the digest of their pixels, of at most a number of bytes together, 0 for none. They lie in
 * buffers of the cache's own, which those that come take over from those that go: so none are left to be collected.
 */
export class FeatureCache {
  readonly #features: LRUCache<string, Features>;
  /** Of features that went. */
  readonly #spare: Features[] = [];
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#features = new LRUCache({
      maxSize: Math.max(1, maxBytes),
      sizeCalculation: featureBytes,
      dispose: (features, _digest, reason) => {
        if (reason === 'evict') this.#spare.push(features);
      },
    });
  }

  /**
   * The features of `images`, for the caller to keep; `compute` is asked once for those that are not here, each of them
   * once. What was computed in another `way` is not here.
   */
  async through(
    images: readonly Uint8Array[],
    compute: (missing: readonly Uint8Array[]) => Promise<readonly Features[]>,
    way = '',
  ): Promise<Features[]> {
    const digests = images.map((image) => way + createHash('sha256').update(image).digest('base64'));
    const found = new Map<string, Features>();
    const missing = new Map<string, Uint8Array>();
    for (const [index, digest] of digests.entries()) {
      const known = this.#features.get(digest);
      if (known) found.set(digest, copyOf(known));
      else missing.set(digest, images[index]!);
    }
    const computed = missing.size > 0 ? await compute([...missing.values()]) : [];
    for (const [index, digest] of [...missing.keys()].entries()) {
      found.set(digest, computed[index]!);
      this.#keep(digest, computed[index]!);
    }
    return digests.map((digest) => found.get(digest)!);
  }

  clear(): void {
    this.#features.clear();
    this.#spare.length = 0;
  }

  #keep(digest: string, features: Features): void {
    if (featureBytes(features) > this.#maxBytes) return;
    const spare = this.#spare.pop();
    const fits = spare?.length === features.length && spare.every((tap, at) => tap.length === features[at]!.length);
    if (fits) for (const [at, tap] of spare.entries()) tap.set(features[at]!);
    this.#features.set(digest, fits ? spare : copyOf(features));
  }
}

const copyOf = (features: Features): Features => features.map((tap) => tap.slice());

/** Bytes of an image's features. */
export function featureBytes(features: Features): number {
  return features.reduce((sum, tap) => sum + tap.byteLength, 0);
}
