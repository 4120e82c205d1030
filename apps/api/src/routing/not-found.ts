import { operationIds, ProblemError, routeOf } from '@mediclip/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';

const patterns = operationIds.map((id) => {
  const { method, path } = routeOf(id);
  return { method, pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`) };
});

/** Tells whether a path is not there at all, or not with this method. */
export async function notFound(request: FastifyRequest, reply: FastifyReply): Promise<never> {
  const path = request.url.split('?', 1)[0]!;
  const methods = patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
  if (methods.length === 0) throw new ProblemError('route-not-found');
  const allowed = methods.join(', ');
  reply.header('allow', allowed);
  throw new ProblemError('method-not-allowed', `This path takes ${allowed}, not ${request.method}.`);
}
