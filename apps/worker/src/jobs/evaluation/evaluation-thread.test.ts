import { expect, test } from '@jest/globals';
import { compareModels, imageMetrics, PixelMetricsAccumulator } from '@mediclip/evaluation';
import { ThreadError } from '@mediclip/threads';
import { withEvaluationThread } from './evaluation-thread.js';

const side = 4;
const data = { threshold: undefined };
const abnormal = [true, false, true, false];
const scores = [0.9, 0.2, 0.6, 0.4];
const image = (index: number) => ({
  map: Float32Array.from({ length: side * side }, (_, pixel) => ((pixel * 7 + index * 3) % 16) / 16),
  mask: Uint8Array.from({ length: side * side }, (_, pixel) => Number((pixel + index) % 5 === 0)),
  side,
});

test('calls at once are all answered, each with what it asked for, in their order', () =>
  withEvaluationThread(data, async (thread) => {
    const [, , figures, compared] = await Promise.all([
      thread.run('add', image(0)),
      thread.run('add', image(1)),
      thread.run('figures', { scores, abnormal }),
      thread.run('compare', { scores, baselineScores: [...scores].reverse(), abnormal }),
    ]);
    const expected = new PixelMetricsAccumulator();
    for (const { map, mask } of [image(0), image(1)]) expected.add(map, mask, side, side);
    expect(figures.image).toEqual(imageMetrics(scores, abnormal));
    expect(figures.pixel.auroc).toEqual(expected.result().auroc);
    expect(compared).toEqual(compareModels(scores, [...scores].reverse(), abnormal));
  }));

test('calls that nobody waits for are bounded', () =>
  withEvaluationThread(data, async (thread) => {
    const added = await Promise.allSettled(Array.from({ length: 40 }, (_, index) => thread.run('add', image(index))));
    const refused = added.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const refusal of refused) expect(refusal).toMatchObject({ reason: { code: 'queue-full' } });
    expect(added[0]!.status).toBe('fulfilled');
  }));

test('an error of a call is its answer, and the thread goes on', () =>
  withEvaluationThread(data, async (thread) => {
    const wrong = thread.run('figures', { scores: [1], abnormal });
    await expect(wrong).rejects.toBeInstanceOf(RangeError);
    expect((await thread.run('figures', { scores, abnormal })).image).toEqual(imageMetrics(scores, abnormal));
  }));

test('a call rejects with the reason of its abort, and all calls once the work has ended', async () => {
  const reason = new Error('cancelled');
  const kept = await withEvaluationThread(data, async (thread) => {
    const controller = new AbortController();
    const call = thread.run('figures', { scores, abnormal }, { signal: controller.signal });
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    return thread;
  });
  await expect(kept.run('add', image(0))).rejects.toBeInstanceOf(ThreadError);
});
