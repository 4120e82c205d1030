import { operationIds, ProblemError, routeOf } from '@mediclip/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';

const parameter = /\{\w+\}/g;

/** Every path once, those with fewer parameters first: `/v1/models/import` is more itself than a `/v1/models/{id}`. */
const paths = [...new Set(operationIds.map((id) => routeOf(id).path))]
  .sort((a, b) => (a.match(parameter)?.length ?? 0) - (b.match(parameter)?.length ?? 0))
  .map((path) => ({
    pattern: new RegExp(`^${path.replace(parameter, '[^/]+')}$`),
    methods: operationIds
      .map(routeOf)
      .flatMap((route) => (route.path === path ? (route.method === 'GET' ? ['GET', 'HEAD'] : [route.method]) : [])),
  }));

/** Tells whether a path is not there at all, or not with this method. Called before a body is read: nobody wants it. */
export async function notFound(request: FastifyRequest, reply: FastifyReply): Promise<never> {
  const path = request.url.split('?', 1)[0]!;
  const found = paths.find(({ pattern }) => pattern.test(path));
  if (!found) throw new ProblemError('route-not-found');
  const allowed = found.methods.join(', ');
  reply.header('allow', allowed);
  throw new ProblemError('method-not-allowed', `This path takes ${allowed}, not ${request.method}.`);
}
