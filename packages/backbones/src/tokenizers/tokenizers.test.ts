import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { goldenJson } from '@mediclip/testing';
import fc from 'fast-check';
import { clipTokenizer } from './clip-bpe.js';
import { normaliseText, repairText } from './text-repair.js';
import { wordPieceTokenizer } from './wordpiece.js';

const sha256 = (name: string) =>
  createHash('sha256')
    .update(readFileSync(new URL(`../../assets/${name}`, import.meta.url)))
    .digest('hex');

describe('vocabulary files', () => {
  it('are the published ones', () => {
    expect(sha256('bpe_simple_vocab_16e6.txt.gz')).toBe(
      '924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a',
    );
    expect(sha256('vocab.txt')).toBe('07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3');
  });
});

describe('CLIP byte-pair encoding', () => {
  const { cases } = goldenJson<{
    cases: { text: string; after_ftfy: string; normalised: string; ids: number[] }[];
  }>('tokenizer/clip_bpe.json');

  it.each(cases)('encodes $text as the reference does', ({ text, after_ftfy, normalised, ids }) => {
    expect(repairText(text)).toBe(after_ftfy);
    expect(normaliseText(text)).toBe(normalised);
    expect(clipTokenizer().encode(text)).toEqual(ids);
  });

  it('gives ids of the vocabulary for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const id of clipTokenizer().encode(text)) expect(id).toBeLessThan(49408);
      }),
    );
  });

  it('finds special tokens in any case and spelled with entities', () => {
    expect(clipTokenizer().specialTokenIn('a <End_Of_Text>')).toBe('<end_of_text>');
    expect(clipTokenizer().specialTokenIn('a &lt;start_of_text&gt;')).toBe('<start_of_text>');
    expect(clipTokenizer().specialTokenIn('a <b>')).toBeUndefined();
  });
});

describe('WordPiece', () => {
  const { cases } = goldenJson<{ cases: { text: string; ids: number[]; ids_with_special: number[] }[] }>(
    'tokenizer/wordpiece.json',
  );

  it.each(cases)('encodes $text as the reference does', ({ text, ids, ids_with_special }) => {
    const tokenizer = wordPieceTokenizer();
    expect(tokenizer.encode(text)).toEqual(ids);
    expect([tokenizer.startId, ...ids, tokenizer.endId]).toEqual(ids_with_special);
  });

  it('finds special tokens', () => {
    expect(wordPieceTokenizer().specialTokenIn('a [SEP] b')).toBe('[SEP]');
    expect(wordPieceTokenizer().specialTokenIn('a [sep] b')).toBeUndefined();
  });
});
