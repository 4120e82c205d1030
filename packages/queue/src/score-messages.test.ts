import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeScoreMessage,
  decodeScoreReply,
  encodeScoreMessage,
  encodeScoreReply,
  type ScoreReply,
} from './score-messages.js';

const modelId = '0193f3b0-1b2c-7a4d-8e6f-5a4b3c2d1e0f';

/** Behind one odd byte, as a driver may hand bytes on. */
function unaligned(bytes: Uint8Array): Uint8Array {
  const moved = new Uint8Array(bytes.length + 1);
  moved.set(bytes, 1);
  return moved.subarray(1);
}

describe('score messages', () => {
  test('a request arrives as it was sent', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 }), (side, count) => {
        const images = Array.from({ length: count }, (_, i) => new Uint8Array(side * side * 3).map((__, p) => p * i));
        const message = { tenant: 'default', modelId, side, images };
        expect(decodeScoreMessage(unaligned(encodeScoreMessage(message)))).toEqual(message);
      }),
    );
  });

  test('a reply arrives with every bit of its maps', () => {
    const map = fc.integer({ min: 1, max: 4 }).chain((mapSide) =>
      fc.record({
        mapSide: fc.constant(mapSide),
        score: fc.float({ min: 0, max: 1, noNaN: true }),
        logit: fc.double({ noDefaultInfinity: true, noNaN: true }),
        kinship: fc.constantFrom(undefined, { share: 0.5 }, { share: 0, foreign: 'inverted' as const }),
        map: fc.float32Array({ minLength: mapSide * mapSide, maxLength: mapSide * mapSide }),
      }),
    );
    fc.assert(
      fc.property(fc.array(map, { maxLength: 4 }), (scores) => {
        const reply: ScoreReply = {
          outcome: 'scored',
          scores: scores.map((s) => ({ ...s, score: s.score + 0, logit: s.logit + 0 })),
        };
        expect(decodeScoreReply(unaligned(encodeScoreReply(reply)))).toEqual(reply);
      }),
    );
  });

  test('maps are read where they lie, unless that is no place for numbers', () => {
    const scores = [{ score: 0.5, mapSide: 2, map: Float32Array.of(0, 0.25, 0.5, 1) }];
    for (const logit of [0, 0.5, 0.25, 0.125]) {
      const bytes = encodeScoreReply({ outcome: 'scored', scores: scores.map((score) => ({ ...score, logit })) });
      const reply = decodeScoreReply(bytes);
      expect(reply.outcome === 'scored' && reply.scores[0]?.map.buffer).toBe(bytes.buffer);
    }
    const moved = unaligned(encodeScoreReply({ outcome: 'scored', scores }));
    expect(decodeScoreReply(moved)).toEqual({ outcome: 'scored', scores });
  });

  test('a problem crosses by its slug', () => {
    const reply: ScoreReply = { outcome: 'refused', slug: 'device-out-of-memory', detail: 'It did not fit.' };
    expect(decodeScoreReply(encodeScoreReply(reply))).toEqual(reply);
    expect(() => encodeScoreReply({ ...reply, slug: 'nothing-known' as 'internal' })).toThrow();
  });

  test('bytes that are cut, or sizes that contradict each other, are refused', () => {
    const bytes = encodeScoreMessage({ tenant: 'default', modelId, side: 2, images: [new Uint8Array(12)] });
    for (const end of [0, 3, 4, 20, bytes.length - 1]) {
      expect(() => decodeScoreMessage(bytes.subarray(0, end))).toThrow();
    }
    expect(() => encodeScoreMessage({ tenant: 'default', modelId, side: 2, images: [new Uint8Array(11)] })).toThrow(
      RangeError,
    );
    const wrong = { score: 0, map: new Float32Array(3), mapSide: 2 };
    expect(() => encodeScoreReply({ outcome: 'scored', scores: [wrong] })).toThrow(RangeError);
  });
});
