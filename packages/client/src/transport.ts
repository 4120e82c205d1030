import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { ClientProblem, ConnectionError, problemOf } from './client-problem.js';

export interface ClientOptions {
  /** Where the server is, for example `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  readonly apiKey?: string;
  /** How long one call may wait, all its retries together; default 30,000. */
  readonly retryBudgetMs?: number;
  /** Waits between two tries, shorter when the signal aborts. Default: a timer. */
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** A body that is made while it is sent, and anew for every try. */
export interface StreamedBody {
  readonly contentType: string;
  readonly open: () => AsyncIterable<Uint8Array>;
}

export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with its query. */
  readonly path: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: StreamedBody | { readonly json: unknown };
  readonly signal?: AbortSignal | undefined;
}

/** How long a call has waited so far, and how long it may. */
export class RetryBudget {
  #waitedMs = 0;
  #tries = 0;

  readonly #budgetMs: number;
  readonly #wait: NonNullable<ClientOptions['wait']>;

  constructor(budgetMs: number, wait: NonNullable<ClientOptions['wait']>) {
    this.#budgetMs = budgetMs;
    this.#wait = wait;
  }

  /**
   * Waits as long as the server asked, else 0.5 s, 1 s, 2 s … Throws `error` when another try is useless or would
   * exceed the budget.
   */
  async afterFailure(error: unknown, signal?: AbortSignal): Promise<void> {
    const asked = error instanceof ClientProblem ? error.retryAfterSeconds : undefined;
    const worthwhile = error instanceof ConnectionError || (error instanceof ClientProblem && error.retryable);
    const delayMs = asked === undefined ? 500 * 2 ** this.#tries : asked * 1000;
    // A wait of no time counts too, or a server that always says "now" would be asked for ever.
    const costMs = Math.max(delayMs, 100);
    if (!worthwhile || this.#waitedMs + costMs > this.#budgetMs) throw error;
    this.#tries += 1;
    this.#waitedMs += costMs;
    await this.#wait(delayMs, signal);
    signal?.throwIfAborted();
  }
}

/** Sends requests, repeats those that a busy or restarting server turned away, and throws the problems of answers. */
export class Transport {
  readonly #baseUrl: string;

  /** Throws a TypeError when the base URL is none. */
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
    if (!URL.canParse(options.baseUrl)) {
      throw new TypeError(`"${options.baseUrl}" is no URL: write it like http://127.0.0.1:8080.`);
    }
    this.#baseUrl = options.baseUrl.replace(/\/+$/, '');
  }

  budget(): RetryBudget {
    return new RetryBudget(this.#options.retryBudgetMs ?? 30_000, this.#options.wait ?? timer);
  }

  /**
   * What `read` makes of the answer, its body included: an answer that breaks off is asked for again. A POST has the
   * same `Idempotency-Key` at every try. Throws a `ClientProblem`, a `ConnectionError`, or the signal's reason.
   */
  async call<T>(request: TransportRequest, read: (response: Response) => Promise<T>): Promise<T> {
    const headers =
      request.method === 'POST' ? { 'idempotency-key': randomUUID(), ...request.headers } : request.headers;
    const budget = this.budget();
    for (;;) {
      try {
        return await this.attempt({ ...request, ...(headers && { headers }) }, read);
      } catch (error) {
        await budget.afterFailure(error, request.signal);
      }
    }
  }

  /** One try of a call. */
  async attempt<T>(request: TransportRequest, read: (response: Response) => Promise<T>): Promise<T> {
    const { method, path, accept = 'application/json', headers, body, signal } = request;
    const sent = body && ('json' in body ? jsonBody(body.json) : streamedBody(body));
    try {
      const response = await fetch(this.#baseUrl + path, {
        method,
        headers: {
          accept,
          ...(this.#options.apiKey && { authorization: `Bearer ${this.#options.apiKey}` }),
          ...headers,
          ...(sent && { 'content-type': sent.contentType }),
        },
        ...sent?.init,
        ...(signal && { signal }),
      });
      if (!response.ok) throw await problemOf(response);
      return await read(response);
    } catch (error) {
      signal?.throwIfAborted();
      sent?.throwIfUnreadable();
      if (isNetworkFailure(error)) throw new ConnectionError(`${this.#baseUrl} cannot be reached.`, { cause: error });
      throw error;
    }
  }
}

/** What `fetch` sends, and whether the body itself failed while it was read. */
interface SentBody {
  readonly contentType: string;
  readonly init: RequestInit;
  readonly throwIfUnreadable: () => void;
}

function jsonBody(value: unknown): SentBody {
  return { contentType: 'application/json', init: { body: JSON.stringify(value) }, throwIfUnreadable: () => {} };
}

function streamedBody({ contentType, open }: StreamedBody): SentBody {
  const failures: unknown[] = [];
  const watched = async function* () {
    try {
      yield* open();
    } catch (error) {
      failures.push(error);
      throw error;
    }
  };
  return {
    contentType,
    init: { body: ReadableStream.from(watched()), duplex: 'half' },
    throwIfUnreadable: () => {
      for (const failure of failures) throw failure;
    },
  };
}

async function timer(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await setTimeout(ms, undefined, signal && { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** Node's `fetch` says "fetch failed" for a connection that cannot be made, "terminated" for one that breaks. */
function isNetworkFailure(error: unknown): boolean {
  const { name, message } = error as Partial<Error>;
  return name === 'TypeError' && (message === 'fetch failed' || message === 'terminated');
}
