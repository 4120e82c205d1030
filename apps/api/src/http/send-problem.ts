import { isInferencePath, type ProblemError, problemMediaType, problemType } from '@mediclip/contracts';
import { problemOf } from '@mediclip/problems';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServerMetrics } from '../operations/server-metrics.js';
import { ClientGone } from './client-gone.js';
import { ofFastify } from './fastify-errors.js';

const plainPath = /^[!-~]*$/;
/** What proxies write into their logs for a client that went before it was answered; nobody gets to see it. */
const clientGoneStatus = 499;
/** How long a body is read on that was answered already. */
export const passedOverMs = 10_000;

/** Answers `request` with the problem that tells of `error`, and logs what the server is to blame for. */
export function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  metrics: Pick<ServerMetrics, 'rejected'>,
): FastifyReply {
  const { raw } = request;
  if (isOfClientGone(error) || (raw.destroyed && !raw.complete)) {
    request.log.info({ operation: request.routeOptions.config.operationId }, 'the client went before it was answered');
    return reply.code(clientGoneStatus).send();
  }
  const problem = ofFastify(error) ?? problemOf(error);
  const log = { problem: problem.slug, ...(problem.cause !== undefined && { err: problem.cause }) };
  if (problem.slug === 'internal') request.log.error(log, problem.message);
  else if (problem.status >= 500) request.log.warn(log, problem.message);
  else request.log.info({ problem: problem.slug }, problem.message);
  if (turnsAway(problem)) metrics.rejected.inc({ reason: problem.slug });
  if (!raw.complete) passOverRest(request, reply);
  const path = request.url.split('?', 1)[0]!;
  reply.code(problem.status).headers(headersOf(problem));
  if (isInferencePath(path)) {
    return reply
      .type('application/json; charset=utf-8')
      .send(JSON.stringify({ error: `${problem.message} (${problemType(problem.slug)})` }));
  }
  const instance = plainPath.test(path) ? path : undefined;
  return reply
    .type(problemMediaType)
    .send(JSON.stringify(problem.toProblem({ ...(instance && { instance }), requestId: request.id })));
}

/**
 * Reads on what a client still sends of a body that was answered before its end, for a while: a connection that is cut
 * in the middle would lose the answer too.
 */
function passOverRest({ raw, socket }: FastifyRequest, reply: FastifyReply): void {
  reply.raw.once('finish', () => {
    raw.on('error', () => undefined).resume();
    const hangUp = setTimeout(() => raw.complete || socket.destroy(), passedOverMs);
    hangUp.unref();
    raw.once('close', () => clearTimeout(hangUp));
  });
}

/** True of a client that has gone, and of work that its going has aborted. */
function isOfClientGone(error: unknown): boolean {
  if (error instanceof ClientGone) return true;
  return typeof error === 'object' && error !== null && 'cause' in error && error.cause instanceof ClientGone;
}

function headersOf({ slug, extras }: ProblemError): Record<string, string> {
  return {
    ...(extras.retryAfterSeconds !== undefined && { 'retry-after': String(extras.retryAfterSeconds) }),
    ...(slug === 'unauthenticated' && { 'www-authenticate': 'Bearer' }),
  };
}

/** Requests that were refused for what the server can take, not for what they ask. */
function turnsAway({ status }: ProblemError): boolean {
  return status === 413 || status === 429 || status === 503 || status === 504;
}
