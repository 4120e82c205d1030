import { describe, expect, test } from '@jest/globals';
import { waitingWords } from './waiting.js';

const createdAt = '2026-01-01T00:00:00.000Z';
const after = (seconds: number) => Date.parse(createdAt) + 1000 * seconds;
const news = { heardAt: undefined, others: [] };

describe('a job that waits', () => {
  test('may be without a worker once nothing else has run for half a minute', () => {
    const queued = { state: 'queued', createdAt } as const;
    expect(waitingWords(queued, { ...news, now: after(29) })).toBeUndefined();
    expect(waitingWords(queued, { ...news, now: after(45) })).toMatch(/^It has waited for 45 s,.*“mediclip worker”/);
    expect(waitingWords(queued, { ...news, others: [{ state: 'running' }], now: after(45) })).toBeUndefined();
    expect(waitingWords(queued, { ...news, others: [{ state: 'failed' }], now: after(45) })).toBeDefined();
  });

  test('may have lost its worker when nothing is heard of it for a minute', () => {
    const running = { state: 'running', createdAt } as const;
    expect(waitingWords(running, { ...news, heardAt: after(500), now: after(550) })).toBeUndefined();
    expect(waitingWords(running, { ...news, heardAt: after(500), now: after(590) })).toMatch(/^Nothing .* for 2 min/);
    expect(waitingWords(running, { ...news, now: after(590) })).toBeUndefined();
  });

  test('has no worker to wait for once it has ended', () => {
    for (const state of ['succeeded', 'failed', 'cancelled'] as const) {
      expect(waitingWords({ state, createdAt }, { ...news, heardAt: 0, now: after(9999) })).toBeUndefined();
    }
  });
});
