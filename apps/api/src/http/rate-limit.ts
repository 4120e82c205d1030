import fastifyRateLimit from '@fastify/rate-limit';
import { ProblemError } from '@mediclip/contracts';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

const minuteMs = 60_000;
const knownTenantsAndRoutes = 10_000;

/**
 * Limits how many requests a tenant may send to one route in a minute. Open routes have no limit. Each process counts
 * for itself.
 */
export const rateLimit = fastifyPlugin(
  async (app: FastifyInstance, { requestsPerMinute }: { requestsPerMinute: number }) => {
    await app.register(fastifyRateLimit, {
      global: true,
      max: requestsPerMinute,
      timeWindow: minuteMs,
      cache: knownTenantsAndRoutes,
      hook: 'preParsing',
      keyGenerator: (request) => `${request.tenant} ${request.method} ${request.routeOptions.url}`,
      allowList: (request) => request.routeOptions.config.isOpen !== false,
      errorResponseBuilder: (_request, { max, ttl }) =>
        new ProblemError('rate-limited', `This key may send ${max} requests a minute to this path.`, {
          limit: max,
          retryAfterSeconds: Math.max(1, Math.ceil(ttl / 1000)),
        }),
    });
  },
);
