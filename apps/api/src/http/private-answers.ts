import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

/** Keeps answers of routes that ask for a key out of every cache, unless their handler says otherwise. */
export const privateAnswers = fastifyPlugin(async (app: FastifyInstance) => {
  app.addHook('onSend', async (request, reply) => {
    if (request.routeOptions.config.isOpen === false && !reply.hasHeader('cache-control')) {
      reply.header('cache-control', 'private, no-store');
    }
  });
});
