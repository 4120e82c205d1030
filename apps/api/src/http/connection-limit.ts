import { readFileSync } from 'node:fs';
import { rejectedTotal } from '@mediclip/queue';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { Registry } from 'prom-client';

/** What a process needs besides its clients: the store, the queue, threads, the engine. */
const descriptorsOfItsOwn = 64;
const fewestConnections = 16;

/**
 * Connections that a process may have at once so that each can have a file open besides, from the descriptors that the
 * system lets it have. Undefined where it does not say.
 */
export function mostConnections(descriptors: number | undefined): number | undefined {
  if (descriptors === undefined) return undefined;
  return Math.max(fewestConnections, Math.floor((descriptors - descriptorsOfItsOwn) / 2));
}

/** How many descriptors this process may have open, `undefined` for no limit, and where /proc is missing. */
export function descriptorLimit(
  read: () => string = () => readFileSync('/proc/self/limits', 'utf8'),
): number | undefined {
  let limits: string;
  try {
    limits = read();
  } catch {
    return undefined;
  }
  const soft = /^Max open files\s+(\d+)\s/m.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
}

/**
 * Hangs up on connections beyond what the process can have open: those that it has are served, and it lives. What fails
 * before there is a connection is logged.
 */
export const connectionLimit = fastifyPlugin(
  async (
    app: FastifyInstance,
    { metrics, most }: { readonly metrics: Registry; readonly most: number | undefined },
  ) => {
    app.addHook('onListen', async () => {
      app.server.on('error', (err) => app.log.error({ err }, 'a connection could not be taken'));
    });
    if (most === undefined) return;
    const rejected = rejectedTotal(metrics);
    app.server.maxConnections = most;
    app.server.on('drop', () => rejected.inc({ reason: 'too-many-connections' }));
  },
);
