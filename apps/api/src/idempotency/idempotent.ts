import { createHash } from 'node:crypto';
import { ProblemError } from '@mediclip/contracts';
import type { Claim, IdempotencyRepository, KeyedRequest, StoredAnswer } from '@mediclip/store';
import type { FastifyRequest } from 'fastify';
import type { RequestAttempt } from '../http/handlers.js';

/** An answer that is complete in memory. */
export interface CompleteAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** What a request with a key needs: where answers are kept, the digest of its body, and the work itself. */
export interface KeyedWork {
  readonly idempotency: IdempotencyRepository;
  /** Reads the body to its end, or what is left of it, and returns its digest. */
  bodyDigest(): Promise<string>;
  /** `newId` is the same again when an earlier try of the request came to no answer. */
  answer(newId: string, attempt: RequestAttempt): Promise<CompleteAnswer>;
  /**
   * Aborts when the client has gone: the claim is renewed no longer, so that work which never ends does not hold it for
   * ever.
   */
  readonly signal: AbortSignal;
  /** Called with what went wrong with the key alone, which fails neither the work nor its answer. */
  onKeyError(error: unknown): void;
}

const renewEveryMs = 5_000;
const retryAfterSeconds = 2;
const visibleAscii = /^[!-~]{1,255}$/;

/** The `Idempotency-Key` of a request, `undefined` when it has none. Throws the problem `idempotency-key-invalid`. */
export function idempotencyKey(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !visibleAscii.test(key)) throw new ProblemError('idempotency-key-invalid');
  return key;
}

/**
 * Answers a request with a key: by its work when it is the first of its tenant, method and path in 24 hours, by the
 * first one's answer when its body is the same. Only answers are kept; a request that failed may be repeated with the
 * same key, and whatever was done of it already is not done twice. Throws `idempotency-key-reused` and
 * `idempotency-in-progress`.
 */
export async function withIdempotencyKey(request: KeyedRequest, work: KeyedWork): Promise<CompleteAnswer> {
  const { idempotency, bodyDigest, answer } = work;
  const claimed = await idempotency.claim(request);
  switch (claimed.outcome) {
    case 'running':
      throw new ProblemError('idempotency-in-progress', undefined, { retryAfterSeconds });
    case 'answered':
      if ((await bodyDigest()) !== claimed.bodyDigest) throw new ProblemError('idempotency-key-reused');
      return replay(claimed.answer);
    case 'claimed':
      return await whileRenewing(work, claimed.claim, async () => {
        const { claim } = claimed;
        const attempt = { isRepeat: claim.isRepeat, isOurs: () => idempotency.renew(claim) };
        const answered = await answer(claim.resourceId, attempt);
        return (await keep(work, claim, answered)) ? answered : answerOfSuccessor(work, request);
      });
  }
}

/**
 * Keeps the answer for repeats. Returns false when another process has taken over the request meanwhile. When the store
 * refuses, the request is answered all the same, for its work is done: a repeat does it again, with the same ids, and
 * so changes nothing.
 */
async function keep({ idempotency, bodyDigest, onKeyError }: KeyedWork, claim: Claim, answer: CompleteAnswer) {
  const digest = await bodyDigest();
  try {
    return await idempotency.complete(claim, digest, toStored(answer));
  } catch (error) {
    onKeyError(error);
    await idempotency.release(claim).catch(onKeyError);
    return true;
  }
}

/**
 * The answer of the process that has taken over a request, whose work had the same ids. Throws
 * `idempotency-in-progress`.
 */
async function answerOfSuccessor({ idempotency }: KeyedWork, request: KeyedRequest): Promise<CompleteAnswer> {
  const answer = await idempotency.answerTo(request);
  if (answer === undefined) throw new ProblemError('idempotency-in-progress', undefined, { retryAfterSeconds });
  return replay(answer);
}

async function whileRenewing(
  { idempotency, onKeyError, signal }: KeyedWork,
  claim: Claim,
  answer: () => Promise<CompleteAnswer>,
): Promise<CompleteAnswer> {
  const renewal = setInterval(() => void idempotency.renew(claim).catch(onKeyError), renewEveryMs);
  const stop = () => clearInterval(renewal);
  signal.addEventListener('abort', stop);
  try {
    return await answer();
  } catch (error) {
    await idempotency.release(claim).catch(onKeyError);
    throw error;
  } finally {
    stop();
    signal.removeEventListener('abort', stop);
  }
}

function toStored({ status, headers, body }: CompleteAnswer): StoredAnswer {
  return typeof body === 'string'
    ? { status, headers: { ...headers }, body, encoding: 'utf8' }
    : { status, headers: { ...headers }, body: Buffer.from(body).toString('base64'), encoding: 'base64' };
}

function replay({ status, headers, body, encoding }: StoredAnswer): CompleteAnswer {
  return {
    status,
    headers: { ...headers, 'idempotent-replayed': 'true' },
    body: encoding === 'utf8' ? body : Buffer.from(body, 'base64'),
  };
}

/** Digest of a body that was parsed as JSON, or of none. */
export function jsonDigest(body: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(body ?? null))
    .digest('hex');
}
