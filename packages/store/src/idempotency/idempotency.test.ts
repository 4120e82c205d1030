import { describe, expect, test } from '@jest/globals';
import { digest, testStore } from '../testing/test-store.js';
import type { Claim, ClaimOutcome, KeyedRequest, StoredAnswer } from './idempotency-repository.js';

const request: KeyedRequest = { method: 'POST', path: '/v1/datasets', key: 'k/../ ✓' };
const answer: StoredAnswer = { status: 201, headers: { location: '/v1/datasets/1' }, body: '{}', encoding: 'utf8' };
const hour = 3_600_000;

function claimOf(outcome: ClaimOutcome): Claim {
  if (outcome.outcome !== 'claimed') throw new Error(`The outcome is ${outcome.outcome}.`);
  return outcome.claim;
}

describe('idempotency keys', () => {
  test('are claimed once, answered once, and give the same answer for 24 hours', async () => {
    const { tenant, store, keys, advance } = testStore();
    const { idempotency } = tenant;
    const claim = claimOf(await idempotency.claim(request));
    expect(await idempotency.claim(request)).toEqual({ outcome: 'running' });
    expect(await idempotency.complete(claim, digest, answer)).toBe(true);
    advance(23.9 * hour);
    await store.sweep();
    expect(await idempotency.claim(request)).toEqual({ outcome: 'answered', bodyDigest: digest, answer });
    advance(0.2 * hour);
    const next = claimOf(await idempotency.claim(request));
    expect(next.resourceId).not.toBe(claim.resourceId);
    await idempotency.complete(next, digest, answer);
    advance(24 * hour);
    await store.sweep();
    expect(await keys()).toEqual([]);
  });

  test.each([
    { ...request, key: 'other' },
    { ...request, method: 'PUT' },
    { ...request, path: '/v1/adaptations' },
  ])('belong to a method and a path: %j is another request', async (other) => {
    const { tenant, store } = testStore();
    claimOf(await tenant.idempotency.claim(request));
    claimOf(await tenant.idempotency.claim(other));
    claimOf(await store.tenant('other').idempotency.claim(request));
  });

  test('of many that claim at the same time one gets it', async () => {
    const { tenant } = testStore();
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => tenant.idempotency.claim(request)));
    expect(outcomes.filter(({ outcome }) => outcome === 'claimed')).toHaveLength(1);
    expect(outcomes.filter(({ outcome }) => outcome === 'running')).toHaveLength(7);
  });

  test('are free again when the request came to nothing, with the same id should it have left something', async () => {
    const { tenant } = testStore();
    const claim = claimOf(await tenant.idempotency.claim(request));
    await tenant.idempotency.release(claim);
    const next = claimOf(await tenant.idempotency.claim(request));
    expect(next.owner).not.toBe(claim.owner);
    expect(next.resourceId).toBe(claim.resourceId);
    expect(await tenant.idempotency.complete(claim, digest, answer)).toBe(false);
  });

  test('are taken over when their process died, with the same id for what the request creates', async () => {
    const { tenant, advance } = testStore();
    const dead = claimOf(await tenant.idempotency.claim(request));
    advance(15_000);
    expect(await tenant.idempotency.renew(dead)).toBe(true);
    advance(15_000);
    expect((await tenant.idempotency.claim(request)).outcome).toBe('running');
    advance(6_000);
    const heir = claimOf(await tenant.idempotency.claim(request));
    expect(heir.resourceId).toBe(dead.resourceId);
    expect(await tenant.idempotency.renew(dead)).toBe(false);
    expect(await tenant.idempotency.complete(dead, digest, { ...answer, status: 500 })).toBe(false);
    expect(await tenant.idempotency.complete(heir, digest, answer)).toBe(true);
    expect(await tenant.idempotency.claim(request)).toMatchObject({ outcome: 'answered', answer });
  });
});
