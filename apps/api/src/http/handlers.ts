import type { Readable } from 'node:stream';
import type { Alias, Answer, Body, Headers, OperationId, Params, Query } from '@mediclip/contracts';
import type { TenantStore } from '@mediclip/store';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** A request as a handler sees it: authenticated, every part of it validated. */
export interface Call<K extends OperationId> {
  readonly params: Params<K>;
  readonly query: Query<K>;
  readonly headers: Headers<K>;
  readonly body: Body<K>;
  /** The alias that the path names a model by, as it was when the request came. */
  readonly alias: Alias | undefined;
  /** What the tenant of the request has. Routes that ask for no key see the tenant `default`. */
  readonly store: TenantStore;
  /** Aborts when the client has gone before it was answered. */
  readonly signal: AbortSignal;
  /** Id for what the request creates, the same when a request is repeated whose process died in the middle of it. */
  readonly newId: string;
  /** Which try of the request this is, as far as its `Idempotency-Key` tells. */
  readonly attempt: RequestAttempt;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** One try of a request that may be repeated. */
export interface RequestAttempt {
  /** Whether an earlier try came to no answer; it may have done some of the work. */
  readonly isRepeat: boolean;
  /**
   * Whether no other process has taken over the request, as one may when this one was frozen and the client has
   * repeated it.
   */
  readonly isOurs: () => Promise<boolean>;
}

/** An answer that is no JSON. */
export interface RawAnswer {
  readonly mediaType: string;
  readonly bytes: string | Uint8Array | Readable;
  readonly headers?: Readonly<Record<string, string>>;
  /** One of the statuses of the route's replies; the first one without it. */
  readonly status?: number;
}

/** The client has these bytes already (304): their entity tag, in its quotes. */
interface NotModifiedAnswer {
  readonly notModified: string;
}

/** An answer in JSON; `location` is the path of what was made. */
export interface JsonAnswer<T> {
  readonly json: T;
  readonly location?: string;
}

/**
 * What a handler answers: JSON of the route's own schema, other bytes, that the client has them already, or nothing
 * (204, or a reply that was hijacked).
 */
export type HandlerAnswer<K extends OperationId> =
  | JsonAnswer<Exclude<Answer<K>, undefined>>
  | RawAnswer
  | NotModifiedAnswer
  | undefined;

export type Handler<K extends OperationId> = (call: Call<K>) => Promise<HandlerAnswer<K>>;

/** One handler for every operation that the server offers; the compiler demands each. */
export type Handlers = { readonly [K in OperationId]: Handler<K> };

/** The handlers of one resource. */
export type HandlersOf<K extends OperationId> = Pick<Handlers, K>;
