import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { QueueUnavailableError } from '@mediclip/queue';
import { openRedisJobQueue } from '@mediclip/queue/redis';
import { findRedis, temporaryFolder } from '@mediclip/testing';
import { startRedisService } from './testing/redis-service.js';

const hasRedis = (await findRedis()) !== null;
const onRedis = hasRedis ? test : test.skip;
const password = 'a-password';

let server: ChildProcess | undefined;
afterEach(() => {
  server?.kill('SIGKILL');
});

async function start(): Promise<number> {
  const secrets = temporaryFolder();
  writeFileSync(path.join(secrets, 'redis_password'), password);
  const { child, port } = await startRedisService({ data: temporaryFolder(), secrets });
  server = child;
  return port;
}

onRedis('the Redis of the compose file lets the service in with the password, and nobody without', async () => {
  const port = await start();
  const open = (login: string) =>
    openRedisJobQueue({
      url: `redis://${login}127.0.0.1:${port}`,
      storeId: 'test-store',
      kinds: ['adaptation'],
      onError: () => undefined,
    });
  const queue = await open(`:${password}@`);
  expect(await queue.depth()).toEqual({ adaptation: 0 });
  await queue.close();
  await expect(open('')).rejects.toThrow(QueueUnavailableError);
  await expect(open(':wrong@')).rejects.toThrow(QueueUnavailableError);
});

onRedis('the Redis of the compose file ends in order on SIGTERM, which reaches it through the shell', async () => {
  await start();
  const exited = once(server!, 'exit');
  server!.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});
