import { ProblemError } from '@mediclip/contracts';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { Lifecycle } from './lifecycle.js';

const retryAfterSeconds = 5;

/**
 * Refuses requests on connections that are still open while the server closes, and hangs up when the last answer is
 * out.
 */
export const refuseWhileClosing = fastifyPlugin(
  async (app: FastifyInstance, { lifecycle }: { lifecycle: Lifecycle }) => {
    app.addHook('onRequest', async (request, reply) => {
      if (!lifecycle.isClosing) return;
      reply.header('connection', 'close');
      if (request.routeOptions.config.isOpen !== true)
        throw new ProblemError('draining', undefined, { retryAfterSeconds });
    });
    app.addHook('onResponse', async () => {
      if (lifecycle.isClosing) setImmediate(() => app.server.closeIdleConnections());
    });
  },
);
