import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ProblemError } from '@mediclip/contracts';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

const retryAfterSeconds = 5;
const sampleEveryMs = 1000;
const resolutionMs = 10;

/**
 * Turns requests away while the event loop is late; the open routes, by which people see how the server is, still
 * answer. It looks at nothing but the event loop, so that it works on when the process may open no more files.
 */
export const loadShedding = fastifyPlugin(
  async (app: FastifyInstance, { eventLoopDelayMs }: { eventLoopDelayMs: number }) => {
    const delay = monitorEventLoopDelay({ resolution: resolutionMs });
    delay.enable();
    let isLate = false;
    let sampledAtMs = performance.now();
    const sampling = setInterval(() => {
      const nowMs = performance.now();
      // Without a single measurement the loop was busy with one thing since the last sample.
      const lateMs = Number.isNaN(delay.mean) ? nowMs - sampledAtMs : delay.mean / 1e6 - resolutionMs;
      isLate = lateMs > eventLoopDelayMs;
      sampledAtMs = nowMs;
      delay.reset();
    }, sampleEveryMs);
    sampling.unref();
    app.addHook('onClose', async () => {
      clearInterval(sampling);
      delay.disable();
    });
    app.addHook('onRequest', async (request) => {
      if (isLate && request.routeOptions.config.isOpen === false) {
        throw new ProblemError('overloaded', undefined, { retryAfterSeconds });
      }
    });
  },
);
