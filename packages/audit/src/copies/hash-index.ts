import { hammingDistance, type PerceptualHash } from './perceptual-hash.js';

const chunkBits = 16;
const chunkCount = 4;
/** Bits that one of the chunks may differ by. */
const chunkRadius = 2;

/**
 * Hashes that differ in so many bits at most are found, all of them: one of their four chunks then differs in two at
 * most.
 */
export const completeRadius = chunkCount * (chunkRadius + 1) - 1;

/** All 16-bit words with at most `chunkRadius` bits set. */
const nearbyMasks = Uint16Array.from(
  [...Array(1 << chunkBits).keys()].filter((word) => hammingDistance({ low: word, high: 0 }, zero()) <= chunkRadius),
);

/**
 * The hashes with the same bits in a chunk, for every value of the chunk: members[starts[value]] to
 * members[starts[value + 1] - 1].
 */
interface ChunkTable {
  readonly starts: Uint32Array;
  readonly members: Uint32Array;
}

/**
 * Finds the hashes near another one without comparing all: a table for each 16-bit chunk of them, as hashes that differ
 * little have a chunk that differs very little (multi-index hashing, Norouzi et al., CVPR 2012).
 */
export class HashIndex {
  readonly #tables: readonly ChunkTable[];
  readonly #seen: Uint32Array;
  #query = 0;

  readonly #hashes: readonly PerceptualHash[];

  constructor(hashes: readonly PerceptualHash[]) {
    this.#hashes = hashes;
    this.#seen = new Uint32Array(hashes.length);
    this.#tables = Array.from({ length: chunkCount }, (_, chunk) => tableOf(hashes, chunk));
  }

  /**
   * Calls `found` with the place and the distance of every hash within `radius` bits, up to `completeRadius`, each
   * once.
   */
  near(hash: PerceptualHash, radius: number, found: (place: number, distance: number) => void): void {
    const query = ++this.#query;
    for (const [chunk, { starts, members }] of this.#tables.entries()) {
      const own = chunkOf(hash, chunk);
      for (const mask of nearbyMasks) {
        const value = own ^ mask;
        for (let i = starts[value]!; i < starts[value + 1]!; i++) {
          const place = members[i]!;
          if (this.#seen[place] === query) continue;
          this.#seen[place] = query;
          const distance = hammingDistance(hash, this.#hashes[place]!);
          if (distance <= radius) found(place, distance);
        }
      }
    }
  }
}

function tableOf(hashes: readonly PerceptualHash[], chunk: number): ChunkTable {
  const starts = new Uint32Array((1 << chunkBits) + 1);
  for (const hash of hashes) starts[chunkOf(hash, chunk) + 1]! += 1;
  for (let value = 1; value < starts.length; value++) starts[value]! += starts[value - 1]!;
  const next = starts.slice();
  const members = new Uint32Array(hashes.length);
  for (const [place, hash] of hashes.entries()) {
    const value = chunkOf(hash, chunk);
    members[next[value]!] = place;
    next[value]! += 1;
  }
  return { starts, members };
}

function chunkOf({ low, high }: PerceptualHash, chunk: number): number {
  const word = chunk < 2 ? low : high;
  return (word >>> ((chunk % 2) * chunkBits)) & 0xffff;
}

function zero(): PerceptualHash {
  return { low: 0, high: 0 };
}
