import type { Route } from '@mediclip/contracts';
import { problemOf } from '@mediclip/problems';
import { inSpanOf, markFailed, type TraceCarrier } from '@mediclip/tracing';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ofFastify } from './fastify-errors.js';

/**
 * Answers a request in a span below the one that its headers name, if any. Only faults of the server make it a failed
 * span. Open routes (health, metrics, pages) have none: they are asked all the time.
 */
export async function inRequestSpan(
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  answer: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  if (route.open) return answer();
  const attributes = {
    'http.request.method': route.method,
    'http.route': route.path,
    'mediclip.tenant': request.tenant,
    'mediclip.request.id': request.id,
  };
  const carrier = request.headers as TraceCarrier;
  const outcome = await inSpanOf(carrier, `${route.method} ${route.path}`, { kind: 'server', attributes }, (span) =>
    answer().then(
      () => {
        span.setAttribute('http.response.status_code', reply.statusCode);
        return { failed: false } as const;
      },
      (error: unknown) => {
        const { status } = ofFastify(error) ?? problemOf(error);
        span.setAttribute('http.response.status_code', status);
        if (status >= 500) markFailed(span, error);
        return { failed: true, error } as const;
      },
    ),
  );
  if (outcome.failed) throw outcome.error;
  return reply;
}
