import { readFileSync } from 'node:fs';
import { WeightsError } from '../weights-error.js';
import type { Tokenizer } from './tokenizer.js';

const vocabularyFile = new URL('../../assets/vocab.txt', import.meta.url);
const specialTokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const longestWord = 100;
const ignored = /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\ufffd]/gu;
const cjk = /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;
const words = /[!-/:-@[-`{-~\p{P}]|[^\p{White_Space}!-/:-@[-`{-~\p{P}]+/gu;

let loaded: WordPiece | undefined;

/** WordPiece with the vocabulary of bert-base-uncased, read once. Golden: tokenizer/wordpiece.json. */
export function wordPieceTokenizer(): Tokenizer {
  loaded ??= new WordPiece(readVocabulary(vocabularyFile));
  return loaded;
}

/** WordPiece with a vocabulary file of one token a line. Throws `WeightsError` when it lacks a special token. */
export function readWordPiece(path: string): Tokenizer {
  const vocabulary = readVocabulary(path);
  const missing = specialTokens.find((token) => !vocabulary.includes(token));
  if (missing !== undefined) {
    throw new WeightsError('bad-configuration', `${path} lacks ${missing}; bring the vocab.txt of the text tower.`);
  }
  return new WordPiece(vocabulary);
}

const readVocabulary = (path: string | URL): string[] => readFileSync(path, 'utf8').trimEnd().split(/\r?\n/);

/**
 * Lower case without accents; words at white space, punctuation and CJK characters; then the longest known pieces
 * (Devlin et al. 2019).
 */
class WordPiece implements Tokenizer {
  readonly size: number;
  readonly startId: number;
  readonly endId: number;
  readonly padId: number;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #unknownId: number;

  constructor(vocabulary: readonly string[]) {
    this.#ids = new Map(vocabulary.map((token, id) => [token, id]));
    this.size = vocabulary.length;
    this.startId = this.#ids.get('[CLS]')!;
    this.endId = this.#ids.get('[SEP]')!;
    this.padId = this.#ids.get('[PAD]')!;
    this.#unknownId = this.#ids.get('[UNK]')!;
  }

  encode(text: string): number[] {
    return text
      .split(/(\[(?:PAD|UNK|CLS|SEP|MASK)\])/)
      .flatMap((part) =>
        specialTokens.includes(part)
          ? [this.#ids.get(part)!]
          : (normalise(part).match(words) ?? []).flatMap((word) => this.#encodeWord(word)),
      );
  }

  specialTokenIn(text: string): string | undefined {
    return specialTokens.find((token) => text.includes(token));
  }

  #encodeWord(word: string): number[] {
    const characters = [...word];
    if (characters.length > longestWord) return [this.#unknownId];
    const ids: number[] = [];
    for (let start = 0; start < characters.length; ) {
      let end = characters.length;
      let id: number | undefined;
      for (; end > start; end--) {
        const piece = characters.slice(start, end).join('');
        id = this.#ids.get(start === 0 ? piece : `##${piece}`);
        if (id !== undefined) break;
      }
      if (id === undefined) return [this.#unknownId];
      ids.push(id);
      start = end;
    }
    return ids;
  }
}

/** Lower-cases letter by letter, so that a Greek sigma at a word's end stays a medial one. */
function normalise(text: string): string {
  const stripped = text
    .replace(ignored, '')
    .replace(cjk, ' $& ')
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '');
  return [...stripped].map((character) => character.toLowerCase()).join('');
}
