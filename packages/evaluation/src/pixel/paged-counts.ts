import type { ScoreCounts } from './score-counts.js';

const PAGE_BITS = 5;
const BLOCK_BITS = 12;
const CHUNK_BITS = 15;
const PAGE_KEYS = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_KEYS - 1;
const BLOCK_PAGES = 1 << BLOCK_BITS;
const BLOCK_MASK = BLOCK_PAGES - 1;
const CHUNK_PAGES = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_PAGES - 1;

/**
 * A counter for every 32-bit key, in memory only for the pages of 32 keys that occur. A two-level directory, by the upper bits of the
 * key, tells where a page lies; pages lie in chunks in the order in which they were first needed.
 */
export class PagedCounts {
  /** Per block of pages, 1 + the place of each page, 0 where there is none. */
  readonly #blocks: (Uint32Array | undefined)[] = [];
  readonly #counts: Uint32Array[] = [];
  readonly #overlaps: Float64Array[] = [];
  #pages = 0;

  static readonly pageKeys = PAGE_KEYS;

  /** With overlaps a page also holds a sum of overlaps per key. */
  constructor(readonly withOverlaps: boolean) {}

  get sizeBytes(): number {
    const keyBytes = Uint32Array.BYTES_PER_ELEMENT + (this.withOverlaps ? Float64Array.BYTES_PER_ELEMENT : 0);
    return this.#pages * PAGE_KEYS * keyBytes;
  }

  /** Adds all pixels, with the lowest `bits` bits of their keys dropped. */
  add({ keys, counts, overlaps }: ScoreCounts, bits: number): void {
    for (let i = 0; i < keys.length; i++) {
      this.#addAt(keys[i]! >>> bits, counts[i]!, this.withOverlaps ? overlaps[i]! : 0);
    }
  }

  /** Adds everything that `other` counted, with the lowest `bits` bits of its keys dropped. */
  addAll(other: PagedCounts, bits: number): void {
    for (const page of other.pageNumbers()) {
      for (let key = page * PAGE_KEYS; key < (page + 1) * PAGE_KEYS; key++) {
        const count = other.countAt(key);
        if (count > 0) this.#addAt(key >>> bits, count, other.overlapAt(key));
      }
    }
  }

  /** Ascending; page p holds the keys `p * PagedCounts.pageKeys` and following. */
  pageNumbers(): Uint32Array {
    const numbers = new Uint32Array(this.#pages);
    let found = 0;
    this.#blocks.forEach((places, block) => {
      for (let page = 0; places && page < BLOCK_PAGES; page++) {
        if (places[page]) numbers[found++] = block * BLOCK_PAGES + page;
      }
    });
    return numbers;
  }

  countAt(key: number): number {
    return this.#read(this.#counts, key);
  }

  overlapAt(key: number): number {
    return this.withOverlaps ? this.#read(this.#overlaps, key) : 0;
  }

  #addAt(key: number, count: number, overlap: number): void {
    const place = this.#placeOfPage(key >>> PAGE_BITS);
    const chunk = place >>> CHUNK_BITS;
    const index = (place & CHUNK_MASK) * PAGE_KEYS + (key & PAGE_MASK);
    this.#counts[chunk]![index]! += count;
    if (this.withOverlaps) this.#overlaps[chunk]![index]! += overlap;
  }

  #read(chunks: readonly (Uint32Array | Float64Array)[], key: number): number {
    const page = key >>> PAGE_BITS;
    const place = (this.#blocks[page >>> BLOCK_BITS]?.[page & BLOCK_MASK] ?? 0) - 1;
    return place < 0 ? 0 : chunks[place >>> CHUNK_BITS]![(place & CHUNK_MASK) * PAGE_KEYS + (key & PAGE_MASK)]!;
  }

  #placeOfPage(page: number): number {
    const number = page >>> BLOCK_BITS;
    const block = (this.#blocks[number] ??= new Uint32Array(BLOCK_PAGES));
    const known = block[page & BLOCK_MASK]!;
    if (known > 0) return known - 1;
    if ((this.#pages & CHUNK_MASK) === 0) {
      this.#counts.push(new Uint32Array(CHUNK_PAGES * PAGE_KEYS));
      if (this.withOverlaps) this.#overlaps.push(new Float64Array(CHUNK_PAGES * PAGE_KEYS));
    }
    block[page & BLOCK_MASK] = ++this.#pages;
    return this.#pages - 1;
  }
}
