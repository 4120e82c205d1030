import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { normaliseText } from './text-repair.js';
import type { Tokenizer } from './tokenizer.js';

const vocabularyFile = new URL('../../assets/bpe_simple_vocab_16e6.txt.gz', import.meta.url);
const vocabularySize = 49408;
const start = '<start_of_text>';
const end = '<end_of_text>';
const endOfWord = '</w>';
const pieces = /<start_of_text>|<end_of_text>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/giu;

let loaded: ClipBpe | undefined;

/** CLIP's byte-pair encoding, read once. Golden: tokenizer/clip_bpe.json, prompts.json. */
export function clipTokenizer(): Tokenizer {
  loaded ??= new ClipBpe(gunzipSync(readFileSync(vocabularyFile)).toString('utf8'));
  return loaded;
}

/** Lower-cased, byte-level byte-pair encoding (Radford et al. 2021). The vocabulary is the list of merges. */
class ClipBpe implements Tokenizer {
  readonly size = vocabularySize;
  readonly startId = vocabularySize - 2;
  readonly endId = vocabularySize - 1;
  readonly padId = 0;
  readonly #symbols = byteSymbols();
  readonly #ids = new Map<string, number>();
  readonly #ranks = new Map<string, number>();
  readonly #cache = new Map<string, readonly number[]>();

  constructor(mergesText: string) {
    const alphabet = alphabetOrder().map((byte) => this.#symbols[byte]!);
    const merges = mergesText.split('\n').slice(1, 1 + vocabularySize - 2 * alphabet.length - 2);
    for (const [rank, merge] of merges.entries()) this.#ranks.set(merge, rank);
    const vocabulary = [
      ...alphabet,
      ...alphabet.map((symbol) => symbol + endOfWord),
      ...merges.map((merge) => merge.replace(' ', '')),
      start,
      end,
    ];
    for (const [id, token] of vocabulary.entries()) this.#ids.set(token, id);
  }

  encode(text: string): number[] {
    return (normaliseText(text).match(pieces) ?? []).flatMap((piece) => this.#encodePiece(piece));
  }

  specialTokenIn(text: string): string | undefined {
    const normalised = normaliseText(text);
    return [start, end].find((token) => normalised.includes(token));
  }

  #encodePiece(piece: string): readonly number[] {
    if (piece === start) return [this.startId];
    if (piece === end) return [this.endId];
    let ids = this.#cache.get(piece);
    if (!ids) {
      ids = this.#merge(piece).map((token) => this.#ids.get(token)!);
      if (this.#cache.size < 10_000) this.#cache.set(piece, ids);
    }
    return ids;
  }

  /** Joins the neighbours with the lowest rank until no pair of neighbours has one. */
  #merge(piece: string): string[] {
    const tokens = [...Buffer.from(piece, 'utf8')].map((byte) => this.#symbols[byte]!);
    tokens[tokens.length - 1] += endOfWord;
    for (;;) {
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i + 1 < tokens.length; i++) {
        best = Math.min(best, this.#ranks.get(`${tokens[i]} ${tokens[i + 1]}`) ?? Number.POSITIVE_INFINITY);
      }
      if (best === Number.POSITIVE_INFINITY) return tokens;
      for (let i = 0; i + 1 < tokens.length; i++) {
        if (this.#ranks.get(`${tokens[i]} ${tokens[i + 1]}`) === best) tokens.splice(i, 2, tokens[i]! + tokens[i + 1]!);
      }
    }
  }
}

const isPrintable = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;

/** The bytes in the vocabulary's order: those that are printable in Latin-1 first. */
function alphabetOrder(): number[] {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  return [...bytes.filter(isPrintable), ...bytes.filter((byte) => !isPrintable(byte))];
}

/** A printable character for every byte: itself, or one from U+0100 on. */
function byteSymbols(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPrintable(byte) ? byte : next++));
}
