import { describe, expect, test } from '@jest/globals';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import { input, sigmoid, writeModel } from '@mediclip/onnx-graph';
import { RandomStream } from '@mediclip/synthesis';
import { expectClose, runModel } from '@mediclip/testing';
import { poolLogits, poolScores } from './anomaly-map.js';

const side = 10;

/** Score and logit of maps of logits, one after the other. */
async function pooled(
  maps: readonly Float32Array[],
  pooling: 'max' | 'top',
): Promise<{ scores: number[]; logits: number[] }> {
  const { scoring } = resolveAdaptationOptions({ scoring: { pooling, topShare: 0.1 } });
  const shape = [maps.length, side, side];
  const x = input('x', 'float32', shape);
  const outputs = { score: poolScores(sigmoid(x), scoring), logit: poolLogits(x, scoring) };
  const data = Float32Array.from(maps.flatMap((map) => [...map]));
  const { score, logit } = await runModel(writeModel({ name: 'pool', inputs: [x], outputs }), {
    x: { dtype: 'float32', shape, data },
  });
  return { scores: Array.from(score!.data as Float32Array), logits: Array.from(logit!.data as Float32Array) };
}

/** A map of logits around `centre`. */
function map(centre: number, seed: number): Float32Array {
  const random = new RandomStream(seed, 0, 0);
  return Float32Array.from({ length: side * side }, () => centre + random.normal(0, 1));
}

describe.each(['max', 'top'] as const)('the logit of a score that is pooled by %s', (pooling) => {
  test('is log(score / (1 - score)) where the score has digits left', async () => {
    const { scores, logits } = await pooled(
      [-8, -3, 0, 1, 4].map((centre, seed) => map(centre, seed)),
      pooling,
    );
    expectClose(
      logits,
      scores.map((score) => Math.log(score / (1 - score))),
      1e-3,
    );
  });

  test('keeps the order of images whose scores are all 1, or all 0', async () => {
    for (const sign of [1, -1]) {
      const centres = [25, 26, 40, 90, 1000, 1e6].map((centre) => sign * centre);
      const { scores, logits } = await pooled(
        centres.map((centre) => map(centre, 7)),
        pooling,
      );
      if (sign === 1) expect(new Set(scores)).toEqual(new Set([1]));
      expect(logits.every(Number.isFinite)).toBe(true);
      expect(logits.toSorted((a, b) => sign * (a - b))).toEqual(logits);
      expect(new Set(logits).size).toBe(logits.length);
    }
  });
});
