import { describe, expect, jest, test } from '@jest/globals';
import { openStore, StoreUnavailable } from '@mediclip/store';
import { temporaryFolder } from '@mediclip/testing';
import { type CompleteAnswer, jsonDigest, withIdempotencyKey } from './idempotent.js';

const request = { method: 'POST', path: '/v1/datasets', key: 'k' };
const away = () => Promise.reject(new StoreUnavailable('The store is away.'));

function setUp() {
  let ahead = 0;
  const store = openStore(`file://${temporaryFolder()}`, { now: () => Date.now() + ahead });
  const { idempotency } = store.tenant('default');
  const reported: unknown[] = [];
  const answer = (
    work: (newId: string) => Promise<CompleteAnswer>,
    broken: Partial<typeof idempotency> = {},
    signal = new AbortController().signal,
  ) =>
    withIdempotencyKey(request, {
      idempotency: new Proxy(idempotency, {
        get: (whole, name: keyof typeof idempotency) => broken[name] ?? whole[name].bind(whole),
      }),
      bodyDigest: async () => jsonDigest({}),
      onKeyError: (error) => reported.push(error),
      answer: work,
      signal,
    });
  return {
    answer,
    reported,
    advance: (ms: number) => {
      ahead += ms;
    },
  };
}

const made = async (newId: string): Promise<CompleteAnswer> => ({ status: 201, headers: {}, body: newId });

describe('a request with a key', () => {
  test('whose answer cannot be kept is answered, and its repeat works with the same id', async () => {
    const { answer, reported } = setUp();
    const first = await answer(made, { complete: away });
    expect(first.status).toBe(201);
    expect(reported).toEqual([expect.any(StoreUnavailable)]);
    const again = await answer(made);
    expect(again.body).toBe(first.body);
    expect(again.headers).not.toHaveProperty('idempotent-replayed');
  });

  test('that was taken over by another process gives the answer of that one', async () => {
    const { answer, advance } = setUp();
    let successor: CompleteAnswer | undefined;
    const slow = await answer(async (newId) => {
      advance(21_000);
      successor = await answer(async (id) => ({ status: 201, headers: {}, body: `successor ${id}` }));
      return made(newId);
    });
    expect(slow).toEqual({ ...successor, headers: { 'idempotent-replayed': 'true' } });
  });

  test('that was taken over by a process still at work is in progress', async () => {
    const { answer, advance } = setUp();
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let successor: Promise<CompleteAnswer> | undefined;
    const slow = answer(async (newId) => {
      advance(21_000);
      await new Promise<void>((begun) => {
        successor = answer(async (id) => {
          begun();
          await finished;
          return made(id);
        });
      });
      return made(newId);
    });
    await expect(slow).rejects.toMatchObject({ slug: 'idempotency-in-progress' });
    finish();
    expect((await successor)?.status).toBe(201);
  });

  test('that fails says why, also when its key cannot be freed', async () => {
    const { answer, reported } = setUp();
    const failing = answer(() => Promise.reject(new Error('the cause')), { release: away });
    await expect(failing).rejects.toThrow('the cause');
    expect(reported).toEqual([expect.any(StoreUnavailable)]);
  });
});

test('a claim is renewed no longer once its client has gone', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'performance'] });
  try {
    const { answer } = setUp();
    const client = new AbortController();
    let renewals = 0;
    const renew = async () => ++renewals > 0;
    let finish = () => {};
    const working = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const begun = new Promise<void>((resolve) => {
      void answer(
        async (id) => {
          resolve();
          await working;
          return made(id);
        },
        { renew },
        client.signal,
      );
    });
    await begun;
    jest.advanceTimersByTime(10_000);
    expect(renewals).toBe(2);
    client.abort();
    jest.advanceTimersByTime(60_000);
    expect(renewals).toBe(2);
    finish();
  } finally {
    jest.useRealTimers();
  }
});
