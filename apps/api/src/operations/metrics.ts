import { ProblemError } from '@mediclip/contracts';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { Registry } from 'prom-client';
import type { HandlersOf } from '../http/handlers.js';
import type { ServerMetrics } from './server-metrics.js';

/** Measures every request by method, route and status. Event streams are left out: they last as long as their job. */
export const measureRequests = fastifyPlugin(
  async (app: FastifyInstance, { metrics }: { metrics: Pick<ServerMetrics, 'requestSeconds'> }) => {
    app.addHook('onResponse', async (request, reply) => {
      const { operationId } = request.routeOptions.config;
      if (operationId === 'getJobEvents') return;
      const route = request.routeOptions.url ?? 'none';
      metrics.requestSeconds.observe(
        { method: request.method, route, status: reply.statusCode },
        reply.elapsedTime / 1000,
      );
    });
  },
);

/** Without `shown` there are no metrics here: they are on the operations port. */
export function metricsHandlers(registry: Registry, { shown }: { readonly shown: boolean }): HandlersOf<'getMetrics'> {
  return {
    async getMetrics() {
      if (!shown) throw new ProblemError('not-found');
      return { mediaType: registry.contentType, bytes: await registry.metrics() };
    },
  };
}
