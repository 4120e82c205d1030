import { Readable } from 'node:stream';
import { type OperationId, operationIds, ProblemError, type Route, routeOf, validate } from '@mediclip/contracts';
import { newId, type Store } from '@mediclip/store';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type CompleteAnswer, idempotencyKey, jsonDigest, withIdempotencyKey } from '../idempotency/idempotent.js';
import { modelIdHeader, resolveModel } from '../models/resolve-model.js';
import { restOfBodyDigest } from './body-digest.js';
import { clientGoneSignal } from './client-gone.js';
import type { Call, Handler, Handlers, RawAnswer, RequestAttempt } from './handlers.js';
import { checkBodyHead, streamBodies } from './media-types.js';
import { inRequestSpan } from './request-span.js';
import { extendIdleTimeout } from './timeouts.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    operationId?: OperationId;
    /** False for routes that ask for a key; missing for those that are not in the table. */
    isOpen?: boolean;
  }
}

/** Largest bodies in bytes. */
interface BodyLimits {
  readonly jsonBytes: number;
  readonly formBytes: number;
  readonly archiveBytes: number;
}

/** The attempt of a request without a key, which cannot be told from its repeat. */
const onlyAttempt: RequestAttempt = { isRepeat: false, isOurs: async () => true };

const noQuery = z.strictObject({});

export interface ServingOptions {
  readonly store: Store;
  readonly limits: BodyLimits;
  /** From the end of a body to the first byte of its answer, and between two bytes of it. */
  readonly longestWorkMs: number;
}

/** Offers every operation of the contracts' table: its parts validated, its handler called, its answer sent. */
export function registerRoutes(
  app: FastifyInstance,
  handlers: Handlers,
  { store, limits, longestWorkMs }: ServingOptions,
): void {
  const takesTensors = (id: OperationId) => routeOf(id).body !== undefined && 'tensors' in routeOf(id).body!;
  const offer = (scope: FastifyInstance, id: OperationId) => {
    const route = routeOf(id);
    const limitBytes = limitOf(route, limits);
    scope.route({
      method: route.method,
      url: route.path.replace(/\{(\w+)\}/g, ':$1'),
      config: { operationId: id, isOpen: route.open === true },
      bodyLimit: limitBytes,
      preParsing: async (request) => checkBodyHead(request, route, limitBytes),
      handler: (request, reply) =>
        inRequestSpan(route, request, reply, () =>
          serve(
            { id, route, limitBytes, longestWorkMs, handler: handlers[id] as Handler<OperationId> },
            store,
            request,
            reply,
          ),
        ),
    });
  };
  for (const id of operationIds.filter((known) => !takesTensors(known))) offer(app, id);
  app.register(async (scope) => {
    streamBodies(scope);
    for (const id of operationIds.filter(takesTensors)) offer(scope, id);
  });
}

/** What is offered at a route. */
interface Offered {
  readonly id: OperationId;
  readonly route: Route;
  readonly handler: Handler<OperationId>;
  /** The largest body. */
  readonly limitBytes: number;
  readonly longestWorkMs: number;
}

async function serve(
  { id, route, handler, limitBytes, longestWorkMs }: Offered,
  store: Store,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  extendIdleTimeout(request, longestWorkMs);
  assertUnconditional(route, request);
  const tenant = store.tenant(request.tenant);
  const valid = validParts(route, request);
  const { params, alias } = await resolveModel(route, valid.params, tenant);
  if (alias !== undefined) reply.header(modelIdHeader, alias.modelId);
  const parts = { ...valid, params };
  const call = (id: string, attempt: RequestAttempt) =>
    ({ ...parts, alias, store: tenant, signal, newId: id, attempt, request, reply }) as Call<OperationId>;
  const signal = clientGoneSignal(reply);
  const key = route.method === 'POST' ? idempotencyKey(request) : undefined;
  if (key === undefined) {
    const answer = await handler(call(newId(), onlyAttempt));
    if (reply.sent) return reply;
    return send(reply, headOf(route, answer), answer && 'bytes' in answer ? answer.bytes : jsonOf(answer));
  }
  const path = request.url.split('?', 1)[0]!;
  const { status, headers, body } = await withIdempotencyKey(
    { method: route.method, path, key },
    {
      idempotency: tenant.idempotency,
      bodyDigest: async () =>
        route.body && !('json' in route.body) ? restOfBodyDigest(request, limitBytes) : jsonDigest(request.body),
      signal,
      onKeyError: (err) => request.log.warn({ err }, 'the record of the idempotency key could not be written'),
      async answer(resourceId, attempt) {
        const answer = await handler(call(resourceId, attempt));
        return { ...headOf(route, answer), body: completeBody(id, answer) };
      },
    },
  );
  return send(reply, { status, headers }, body);
}

/**
 * Throws `validation-failed` for a change under a condition: none is known here, and the change must not be made as if
 * there were none (RFC 9110, 13.1.1). Whatever there is meets `If-Match: *`.
 */
function assertUnconditional({ method }: Route, { headers }: FastifyRequest): void {
  const given = ['if-match', 'if-unmodified-since'].find((name) => headers[name] !== undefined);
  if (method === 'GET' || given === undefined || headers[given] === '*') return;
  throw new ProblemError('validation-failed', 'Changes can have no conditions.', {
    errors: [{ in: 'header', pointer: `/${given}`, detail: 'There must be no such header' }],
  });
}

/**
 * Path, query, headers and JSON body as the route's schemas read them. A path of an open route that no schema takes
 * names nothing.
 */
function validParts(route: Route, request: FastifyRequest) {
  if (route.open && route.params && !route.params.safeParse(request.params).success)
    throw new ProblemError('not-found');
  return {
    params: route.params && validate(route.params, request.params, 'path'),
    query: route.open ? undefined : validate(route.query ?? noQuery, request.query, 'query'),
    headers: route.headers && validate(route.headers, request.headers, 'header'),
    body: route.body && 'json' in route.body ? validate(route.body.json, request.body) : undefined,
  };
}

type Answered = Awaited<ReturnType<Handler<OperationId>>>;

function headOf(route: Route, answer: Answered): Pick<CompleteAnswer, 'status' | 'headers'> {
  const status = Number(Object.keys(route.replies)[0]);
  if (answer === undefined) return { status, headers: {} };
  if ('notModified' in answer) return { status: 304, headers: { etag: answer.notModified } };
  if ('bytes' in answer)
    return { status: answer.status ?? status, headers: { 'content-type': answer.mediaType, ...answer.headers } };
  const location = answer.location !== undefined && { location: answer.location };
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...location } };
}

function jsonOf(answer: Exclude<Answered, RawAnswer>): string | undefined {
  return answer && 'json' in answer ? JSON.stringify(answer.json) : undefined;
}

function completeBody(id: OperationId, answer: Answered): string | Uint8Array {
  if (answer === undefined || !('bytes' in answer)) return jsonOf(answer) ?? '';
  const { bytes } = answer;
  if (typeof bytes === 'string' || bytes instanceof Uint8Array) return bytes;
  throw new Error(`This is a bug: ${id} answers a POST with a stream, which cannot be repeated.`);
}

function send(
  reply: FastifyReply,
  { status, headers }: Pick<CompleteAnswer, 'status' | 'headers'>,
  body: RawAnswer['bytes'] | undefined,
): FastifyReply {
  reply.code(status).headers(headers);
  if (reply.request.method === 'HEAD' && body instanceof Readable) {
    // Fastify would read it to its end, which an event stream may not have.
    body.on('error', (err) => reply.log.warn({ err }, 'the body of an answer to HEAD')).destroy();
    return reply.send(Readable.from([]));
  }
  return reply.send(body instanceof Uint8Array ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : body);
}

function limitOf({ body }: Route, { jsonBytes, formBytes, archiveBytes }: BodyLimits): number {
  if (body === undefined || 'json' in body) return jsonBytes;
  const isForm = 'form' in body || 'tensors' in body || body.mediaTypes.includes('multipart/related');
  return isForm ? formBytes : archiveBytes;
}
