import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

/** For what is already on its way. */
const idleMs = 500;

/**
 * Hangs up, when the server closes, the connections over which nothing has come yet. Clients open them ahead of time;
 * Node takes them for busy, and the server would wait for them to the end of its grace.
 */
export const closeIdleSockets = fastifyPlugin(async (app: FastifyInstance) => {
  const open = new Set<Socket>();
  app.server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  app.addHook('preClose', async () => {
    const hangUp = setTimeout(() => {
      for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
    }, idleMs);
    app.server.once('close', () => clearTimeout(hangUp));
  });
});
