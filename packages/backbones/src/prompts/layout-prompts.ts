import type { Tokenizer } from '../tokenizers/tokenizer.js';
import type { PromptAttention } from '../towers/clip-text.js';
import { WeightsError } from '../weights-error.js';
import { type PromptTokens, tokenRows } from './token-rows.js';

/** Where a phrase stands among the context vectors: behind them, between their halves, or in front. */
export type PhrasePosition = 'end' | 'middle' | 'front';

export interface LayoutOptions {
  /** How many learnable vectors every prompt has. */
  readonly contextTokens: number;
  readonly position: PhrasePosition;
  readonly attention: PromptAttention;
  /** [phrases]: phrases of the same number have the same context vectors; each has its own when left out. */
  readonly contextOf?: readonly number[];
}

/** Prompts `<start> context phrase . <end>` as a text tower takes them, one row a phrase. */
export interface PromptLayout extends PromptTokens {
  /** [phrases, tokens, width]: embeddings of all tokens, zeros where context vectors go. */
  readonly tokenEmbeddings: Float32Array;
  readonly tokens: number;
  /** [phrases][contextTokens]: the place of each context vector. */
  readonly contextPositions: readonly (readonly number[])[];
}

/** What a text tower needs for its prompts to be laid out. */
export interface PromptVocabulary {
  readonly tokenizer: Tokenizer;
  /** Width of a token embedding. */
  readonly width: number;
  /** The longest sequence that has positional embeddings. */
  readonly contextLength: number;
  /** Whether unmasked attention sees padding, so that prompts must be padded to the context length for it. */
  readonly fullSeesPadding: boolean;
  /** Whether causal attention is what it says, so that prompts that begin alike have the same features up to there. */
  readonly masksFuture: boolean;
  /** The embeddings of tokens, [ids.length, width]. */
  readonly embeddings: (ids: readonly number[]) => Float32Array;
}

/**
 * Lays out one prompt per phrase (method.md, section 3): tokens of the phrase and of the full stop stay together, by
 * the length of the phrase's own encoding; `middle` puts half of the context vectors (rounded down) in front. `_`
 * stands for a space. Prompts are cut after the longest one's end token, or padded to the context length where padding
 * is seen.
 *
 * Throws `WeightsError` for a phrase without text, a phrase that spells a special token, and one that is too long.
 * Golden: tokenizer/prompts.json, clip-tiny/text, lite.
 */
export function layoutPrompts(
  phrases: readonly string[],
  { contextTokens, position, attention, contextOf }: LayoutOptions,
  { tokenizer, width, contextLength, fullSeesPadding, masksFuture, embeddings }: PromptVocabulary,
): PromptLayout {
  const before = { end: contextTokens, middle: Math.floor(contextTokens / 2), front: 0 }[position];
  const longest = contextLength - contextTokens - fixedTokens;
  const rows = phrases.map((phrase) => {
    const { phraseIds, rest } = encodePhrase(phrase, tokenizer, longest);
    return [
      tokenizer.startId,
      ...Array<null>(before).fill(null),
      ...phraseIds,
      ...Array<null>(contextTokens - before).fill(null),
      ...rest,
      tokenizer.endId,
    ];
  });
  const longestRow = Math.max(...rows.map((row) => row.length));
  const tokens = attention === 'full' && fullSeesPadding ? contextLength : longestRow;

  const ids = rows.flatMap((row) => row.concat(Array<number>(tokens - row.length).fill(tokenizer.padId)));
  const tokenEmbeddings = embeddings(ids.map((id) => id ?? tokenizer.padId));
  for (const [place, id] of ids.entries()) if (id === null) tokenEmbeddings.fill(0, place * width, (place + 1) * width);
  const keyOf = (phrase: number, place: number) => {
    const id = ids[phrase * tokens + place];
    // A context vector by its owner and its number among the owner's.
    return (
      id ?? `${contextOf?.[phrase] ?? phrase}/${rows[phrase]!.slice(0, place).filter((other) => other === null).length}`
    );
  };
  const lengths = attention === 'full' && fullSeesPadding ? rows.map(() => tokens) : rows.map((row) => row.length);
  return {
    rows: tokenRows(lengths, tokens, attention === 'causal' && masksFuture ? keyOf : undefined),
    tokenEmbeddings,
    tokens,
    contextPositions: rows.map((row) => [...row.keys()].filter((place) => row[place] === null)),
    endPositions: rows.map((row) => row.length - 1),
  };
}

/** Start token, full stop and end token. */
const fixedTokens = 3;

/** The ids of `phrase.` in two parts: the phrase's own, and what follows them. */
function encodePhrase(given: string, tokenizer: Tokenizer, longest: number) {
  const phrase = given.replaceAll('_', ' ');
  const special = tokenizer.specialTokenIn(given) ?? tokenizer.specialTokenIn(phrase);
  if (special !== undefined) {
    throw new WeightsError('bad-prompt', `The phrase ${quote(given)} spells the special token ${special}; reword it.`);
  }
  const length = tokenizer.encode(phrase).length;
  if (length === 0) {
    throw new WeightsError('bad-prompt', `The phrase ${quote(given)} holds no text; give it at least one word.`);
  }
  if (length > longest) {
    throw new WeightsError(
      'bad-prompt',
      `The phrase ${quote(given)} has ${length} tokens; shorten it to ${Math.max(longest, 0)} or use fewer context vectors.`,
    );
  }
  const ids = tokenizer.encode(`${phrase}.`);
  return { phraseIds: ids.slice(0, length), rest: ids.slice(length) };
}

const quote = (phrase: string): string => JSON.stringify(phrase.length > 60 ? `${phrase.slice(0, 57)}...` : phrase);
