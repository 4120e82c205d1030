import { describe, expect, test } from '@jest/globals';
import { goldenJson } from '@mediclip/testing';
import fc from 'fast-check';
import { clipTokenizer } from '../tokenizers/clip-bpe.js';
import { layoutPrompts, type PhrasePosition, type PromptLayout, type PromptVocabulary } from './layout-prompts.js';

const tokenizer = clipTokenizer();

/** A vocabulary whose embeddings are the ids themselves, so that a layout shows which tokens it holds. */
const vocabulary: PromptVocabulary = {
  tokenizer,
  width: 1,
  contextLength: 77,
  fullSeesPadding: true,
  masksFuture: true,
  embeddings: (ids) => Float32Array.from(ids),
};

const layout = (
  phrases: readonly string[],
  position: PhrasePosition = 'end',
  attention: 'causal' | 'full' = 'causal',
  contextTokens = 8,
): PromptLayout => layoutPrompts(phrases, { contextTokens, position, attention }, vocabulary);

const rowsOf = ({ tokenEmbeddings, tokens, endPositions }: PromptLayout): number[][] =>
  endPositions.map((_, row) => [...tokenEmbeddings.subarray(row * tokens, (row + 1) * tokens)]);

describe('the default phrases', () => {
  const golden = goldenJson<{
    phrases: Record<'normal' | 'abnormal', { phrase: string; row_ids: number[]; end_index: number }[]>;
    longest_end_index: number;
  }>('tokenizer/prompts.json');
  const cases = [...golden.phrases.normal, ...golden.phrases.abnormal];
  const phrases = cases.map(({ phrase }) => phrase);
  const withoutContext = (row: readonly number[]) => row.map((id, place) => (place >= 1 && place <= 8 ? 0 : id));

  test('are laid out as the reference rows, over all 77 tokens for full attention', () => {
    const full = layout(phrases, 'end', 'full');
    expect(full.tokens).toBe(77);
    expect(full.endPositions).toEqual(cases.map(({ end_index }) => end_index));
    expect(rowsOf(full)).toEqual(cases.map(({ row_ids }) => withoutContext(row_ids)));
  });

  test('are cut after the longest end token for causal attention', () => {
    const causal = layout(phrases);
    expect(causal.tokens).toBe(golden.longest_end_index + 1);
    expect(rowsOf(causal)).toEqual(cases.map(({ row_ids }) => withoutContext(row_ids).slice(0, causal.tokens)));
  });
});

describe('the tokens that are computed', () => {
  const phrases = ['no findings', 'disease', 'no evidence of disease'];
  const real = ({ endPositions }: PromptLayout) => endPositions.reduce((sum, end) => sum + end + 1, 0);
  const laidOut = (attention: 'causal' | 'full', masksFuture: boolean, contextOf?: number[]) =>
    layoutPrompts(
      phrases,
      { contextTokens: 8, position: 'end', attention, ...(contextOf && { contextOf }) },
      { ...vocabulary, fullSeesPadding: masksFuture, masksFuture },
    );

  test('are the real ones where all see each other, padding excepted', () => {
    const { rows, tokens, ...layout } = laidOut('causal', false);
    expect(rows.sources).toHaveLength(real(layout as PromptLayout));
    expect(rows.places.filter((row) => row !== null)).toHaveLength(rows.sources.length);
    for (const [row, source] of rows.sources.entries()) expect(rows.places[source]).toBe(row);
    expect(rows.places).toHaveLength(3 * tokens);
  });

  test('are all where padding is seen', () => {
    expect(laidOut('full', true).rows.sources).toHaveLength(3 * 77);
  });

  test('are those of a common beginning once where a token sees only what stands before it', () => {
    const own = laidOut('causal', true);
    // The start token.
    expect(own.rows.sources).toHaveLength(real(own) - 2);
    const shared = laidOut('causal', true, [0, 1, 0]);
    // The start token, and of the first and the third phrase the context vectors and `no`.
    expect(shared.rows.sources).toHaveLength(real(shared) - 2 - 8 - 1);
    expect(shared.rows.places.slice(2 * shared.tokens, 2 * shared.tokens + 10)).toEqual(
      shared.rows.places.slice(0, 10),
    );
  });
});

describe('positions', () => {
  const [disease] = tokenizer.encode('disease');
  const [stop] = tokenizer.encode('.');
  const { startId, endId } = tokenizer;

  test.each<[PhrasePosition, number[], (number | undefined)[]]>([
    ['end', [1, 2, 3], [startId, 0, 0, 0, disease, stop, endId]],
    ['middle', [1, 3, 4], [startId, 0, disease, 0, 0, stop, endId]],
    ['front', [2, 3, 4], [startId, disease, 0, 0, 0, stop, endId]],
  ])('%s puts three context vectors at %j', (position, places, row) => {
    const laid = layout(['disease'], position, 'causal', 3);
    expect(laid.contextPositions).toEqual([places]);
    expect(rowsOf(laid)).toEqual([row]);
  });

  test('hold the same tokens wherever the phrase stands', () => {
    const anyPhrase = fc.constantFrom('no_findings', 'evidence of disease', "patient's scan!", 'x-ray');
    const anyPosition = fc.constantFrom<PhrasePosition>('end', 'middle', 'front');
    fc.assert(
      fc.property(anyPhrase, anyPosition, fc.integer({ min: 1, max: 32 }), (phrase, position, contextTokens) => {
        const laid = layout([phrase], position, 'causal', contextTokens);
        const context = new Set(laid.contextPositions[0]);
        expect(context.size).toBe(contextTokens);
        const ids = [startId, ...tokenizer.encode(`${phrase.replaceAll('_', ' ')}.`), endId];
        expect([...laid.tokenEmbeddings].filter((_, place) => !context.has(place))).toEqual(ids);
      }),
    );
  });
});

describe('phrases that cannot be used', () => {
  test.each([
    ['a special token', '<end_of_text>', /spells the special token <end_of_text>; reword it/],
    ['a special token in disguise', 'a &lt;START_OF_TEXT&gt;', /spells the special token <start_of_text>/],
    ['no text', ' _ ', /holds no text; give it at least one word/],
    ['67 tokens', 'a '.repeat(67), /has 67 tokens; shorten it to 66 or use fewer context vectors/],
  ])('%s', (_, phrase, message) => {
    expect(() => layout([phrase])).toThrow(message);
  });

  test('66 tokens just fit', () => {
    expect(layout(['a '.repeat(66)]).endPositions).toEqual([76]);
  });
});
