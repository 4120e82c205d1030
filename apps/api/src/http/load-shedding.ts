import underPressure from '@fastify/under-pressure';
import { ProblemError } from '@mediclip/contracts';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

const retryAfterSeconds = 5;
const sampleIntervalMs = 1000;

/** Turns requests away while the event loop is late; the open routes, by which people see how the server is, still answer. */
export const loadShedding = fastifyPlugin(
  async (app: FastifyInstance, { eventLoopDelayMs }: { eventLoopDelayMs: number }) => {
    await app.register(underPressure, {
      maxEventLoopDelay: eventLoopDelayMs,
      sampleInterval: sampleIntervalMs,
      pressureHandler: async (request) => {
        if (request.routeOptions.config.isOpen !== false) return;
        throw new ProblemError('overloaded', undefined, { retryAfterSeconds });
      },
    });
  },
);
