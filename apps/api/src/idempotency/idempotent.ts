import { createHash } from 'node:crypto';
import { ProblemError } from '@mediclip/contracts';
import type { Claim, IdempotencyRepository, StoredAnswer } from '@mediclip/store';
import type { FastifyRequest } from 'fastify';

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
  /** `newId` is the same again when the process of the first request died. */
  answer(newId: string): Promise<CompleteAnswer>;
  /** Told when the claim on the key could not be kept up for the moment. */
  onRenewalError(error: unknown): void;
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
 * Answers a request with a key: by its work when it is the first of its tenant, method and path in 24 hours, by the first one's
 * answer when its body is the same. Only answers are kept; a request that failed has done nothing and may be repeated with the
 * same key. Throws `idempotency-key-reused` and `idempotency-in-progress`.
 */
export async function answerOnce(
  request: { readonly method: string; readonly path: string; readonly key: string },
  work: KeyedWork,
): Promise<CompleteAnswer> {
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
        const answered = await answer(claimed.claim.resourceId);
        await idempotency.complete(claimed.claim, await bodyDigest(), toStored(answered));
        return answered;
      });
  }
}

async function whileRenewing(
  { idempotency, onRenewalError }: KeyedWork,
  claim: Claim,
  answer: () => Promise<CompleteAnswer>,
): Promise<CompleteAnswer> {
  const renewal = setInterval(() => void idempotency.renew(claim).catch(onRenewalError), renewEveryMs);
  try {
    return await answer();
  } catch (error) {
    await idempotency.release(claim);
    throw error;
  } finally {
    clearInterval(renewal);
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
