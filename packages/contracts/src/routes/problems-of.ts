import { type ProblemSlug, problemKind } from '../problems/catalogue.js';
import type { Route } from './route.js';

const always: readonly ProblemSlug[] = ['internal', 'overloaded', 'request-timeout'];
const withKey: readonly ProblemSlug[] = [
  'validation-failed',
  'unauthenticated',
  'cross-site-request',
  'rate-limited',
  'draining',
  'store-unavailable',
  'store-forbidden',
  'out-of-memory',
  'too-many-open-files',
];
const thatWrites: readonly ProblemSlug[] = [
  'malformed-json',
  'payload-too-large',
  'unsupported-media-type',
  'storage-full',
];
const withIdempotencyKey: readonly ProblemSlug[] = [
  'idempotency-key-invalid',
  'idempotency-key-reused',
  'idempotency-in-progress',
];

/** Every problem that a route may answer with: its own, and those that follow from its shape. Sorted by status. */
export function problemsOf(route: Route): readonly ProblemSlug[] {
  const slugs = new Set<ProblemSlug>([
    ...always,
    ...(route.open ? [] : withKey),
    ...(route.params ? (['not-found'] as const) : []),
    ...(route.method === 'GET' ? [] : thatWrites),
    ...(route.body && 'tensors' in route.body ? (['malformed-tensors'] as const) : []),
    ...(route.body && 'form' in route.body ? (['malformed-multipart'] as const) : []),
    ...(route.method === 'POST' ? withIdempotencyKey : []),
    ...(route.problems ?? []),
  ]);
  return [...slugs].sort((a, b) => problemKind(a).status - problemKind(b).status);
}
