const sign = 0x80000000;
const exponent = 0x7f800000;

/**
 * One unsigned 32-bit key per float32 score, in the same order and equal exactly where the scores are equal (-0 and 0
 * are). Throws a RangeError for a score that is not finite.
 */
export function scoreKeys(scores: Float32Array): Uint32Array {
  const patterns = new Uint32Array(scores.buffer, scores.byteOffset, scores.length);
  const keys = new Uint32Array(scores.length);
  for (let pixel = 0; pixel < patterns.length; pixel++) {
    const pattern = patterns[pixel]!;
    if ((pattern & exponent) === exponent) {
      throw new RangeError(`Pixel ${pixel} scores ${scores[pixel]}; give finite numbers.`);
    }
    keys[pixel] = pattern < sign || pattern === sign ? pattern | sign : ~pattern;
  }
  return keys;
}

/** The score that a key stands for. */
export function scoreOfKey(key: number): number {
  const word = new Uint32Array([key >= sign ? key & ~sign : ~key]);
  return new Float32Array(word.buffer)[0]!;
}
