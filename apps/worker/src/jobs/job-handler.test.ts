import { afterEach, expect, jest, test } from '@jest/globals';
import { type Store, StoreUnavailable } from '@mediclip/store';
import { pino } from 'pino';
import { jobHandler } from './job-handler.js';

afterEach(() => {
  jest.useRealTimers();
});

test('an attempt that fails in the store is put off while that is away and shortly after, then counted', async () => {
  jest.useFakeTimers();
  const fault = new StoreUnavailable('The store is away.');
  let isAway = false;
  const store = {
    check: async () => {
      if (isAway) throw fault;
    },
    tenant: () => ({
      attempts: {
        async start() {
          throw fault;
        },
      },
    }),
  } as unknown as Store;
  const work = jobHandler({
    store,
    runners: {} as never,
    health: { failing: new AbortController().signal },
    metrics: { jobEnded: () => {} },
    logger: pino({ level: 'silent' }),
    timeoutMs: 1000,
  });
  const attempt = () => work({ tenant: 't', kind: 'scoring', jobId: 'j' }, { attempt: 1, signal: AbortSignal.any([]) });
  await expect(attempt()).rejects.toBe(fault);
  isAway = true;
  const putOff = { outcome: 'return', delayMs: 2000 };
  expect(await attempt()).toEqual(putOff);
  jest.advanceTimersByTime(60_000);
  expect(await attempt()).toEqual(putOff);
  isAway = false;
  jest.advanceTimersByTime(9_000);
  expect(await attempt()).toEqual(putOff);
  jest.advanceTimersByTime(2_000);
  await expect(attempt()).rejects.toBe(fault);
});
