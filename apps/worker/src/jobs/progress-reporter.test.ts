import { describe, expect, test } from '@jest/globals';
import type { JobProgress } from '@mediclip/contracts';
import { ProgressReporter } from './progress-reporter.js';

function reporter(now: () => number = () => 0, intervalMs = 1) {
  const written: JobProgress[] = [];
  const write = async (progress: JobProgress) => {
    written.push(progress);
  };
  const onError = (error: unknown) => {
    throw error;
  };
  return { written, reporter: new ProgressReporter({ mainPhase: 'training', write, onError, intervalMs, now }) };
}

describe('reported progress', () => {
  test('is written at once, then the latest of what came between two writes, and the last of all at the end', async () => {
    const { written, reporter: progress } = reporter(() => 0, 3_600_000);
    for (let done = 0; done <= 100; done++) progress.report({ phase: 'training', done, total: 100 });
    await progress.close();
    expect(written.map(({ done }) => done)).toEqual([0, 100]);
  });

  test('estimates the time left from the rate since this attempt came to the main phase', async () => {
    let clock = 0;
    const { written, reporter: progress } = reporter(() => clock, 3_600_000);
    progress.report({ phase: 'training', done: 40, total: 100 });
    clock = 5_000;
    progress.report({ phase: 'training', done: 50, total: 100, loss: 0.5 });
    await progress.close();
    expect(written[0]).not.toHaveProperty('etaSeconds');
    expect(written[1]).toEqual({ phase: 'training', done: 50, total: 100, loss: 0.5, etaSeconds: 25 });
  });

  test('of other phases promises no time', async () => {
    let clock = 0;
    const { written, reporter: progress } = reporter(() => clock, 3_600_000);
    progress.report({ phase: 'preparing', done: 0, total: 2 });
    clock = 1000;
    progress.report({ phase: 'preparing', done: 1, total: 2 });
    await progress.close();
    expect(written).toEqual([
      { phase: 'preparing', done: 0, total: 2 },
      { phase: 'preparing', done: 1, total: 2 },
    ]);
  });

  test('is written again after a write that failed', async () => {
    const errors: unknown[] = [];
    const written: number[] = [];
    const progress = new ProgressReporter({
      mainPhase: 'training',
      write: async ({ done }) => {
        written.push(done);
        if (done === 1) throw new Error('no room');
      },
      onError: (error) => errors.push(error),
    });
    progress.report({ phase: 'training', done: 1, total: 2 });
    progress.report({ phase: 'training', done: 2, total: 2 });
    await progress.close();
    expect(written).toEqual([1, 2]);
    expect(errors).toEqual([new Error('no room')]);
  });
});
