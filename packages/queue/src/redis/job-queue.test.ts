import { afterAll, beforeAll, describe } from '@jest/globals';
import { findRedis, type RedisServer, startRedis } from '@mediclip/testing';
import { conformanceKinds, testJobQueue } from '../testing/job-queue-conformance.js';
import { openRedisJobQueue } from './job-queue.js';

const describeWithRedis = (await findRedis()) === null ? describe.skip : describe;

describeWithRedis('with a Redis server', () => {
  let server: RedisServer;
  let opened = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  testJobQueue('Redis', () =>
    openRedisJobQueue({
      url: server.url,
      kinds: conformanceKinds,
      prefix: `test-${opened++}`,
      retryDelayMs: 2,
      onError: () => undefined,
    }),
  );
});
