const SIGN = 0x80000000;
const EXPONENT = 0x7f800000;

/**
 * One unsigned 32-bit key per float32 score, in the same order and equal exactly where the scores are equal (-0 and 0 are).
 * Throws a RangeError for a score that is not finite.
 */
export function scoreKeys(scores: Float32Array): Uint32Array {
  const bits = new Uint32Array(scores.buffer, scores.byteOffset, scores.length);
  const keys = new Uint32Array(scores.length);
  for (let i = 0; i < keys.length; i++) {
    const pattern = bits[i]!;
    if ((pattern & EXPONENT) === EXPONENT) throw new RangeError(`Pixel ${i} scores ${scores[i]}; give finite numbers.`);
    keys[i] = pattern < SIGN || pattern === SIGN ? pattern | SIGN : ~pattern;
  }
  return keys;
}

/** The score of a key. */
export function scoreOfKey(key: number): number {
  const word = new Uint32Array([key >= SIGN ? key & ~SIGN : ~key]);
  return new Float32Array(word.buffer)[0]!;
}
