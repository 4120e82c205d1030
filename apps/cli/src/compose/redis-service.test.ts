import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from '@jest/globals';
import { openRedisJobQueue, QueueUnavailableError } from '@mediclip/queue';
import { findRedis, temporaryFolder } from '@mediclip/testing';
import { readCompose } from './testing/compose-file.js';

const hasRedis = (await findRedis()) !== null;
const onRedis = hasRedis ? test : test.skip;
const password = 'a-password';

let server: ChildProcess | undefined;
afterEach(() => {
  server?.kill('SIGKILL');
});

/** Starts the very command of the compose file, with this machine's folders and a free port. Resolves with the port. */
async function startService(): Promise<number> {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'redis_password'), password);
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  const [program, ...args] = readCompose().services.redis!.command.map((part) =>
    part.replace('/run/secrets', folder).replace('--dir /data', `--dir ${folder} --bind 127.0.0.1 --port ${port}`),
  );
  server = spawn(program!, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface(server.stdout!)) {
    if (line.includes('Ready to accept connections')) break;
  }
  server.stdout!.resume();
  return port;
}

onRedis('the Redis of the compose file lets the service in with the password, and nobody without', async () => {
  const port = await startService();
  const open = (login: string) =>
    openRedisJobQueue({ url: `redis://${login}127.0.0.1:${port}`, kinds: ['adaptation'], onError: () => undefined });
  const queue = await open(`:${password}@`);
  expect(await queue.depth()).toEqual({ adaptation: 0 });
  await queue.close();
  await expect(open('')).rejects.toThrow(QueueUnavailableError);
  await expect(open(':wrong@')).rejects.toThrow(QueueUnavailableError);
});

onRedis('the Redis of the compose file ends in order on SIGTERM, which reaches it through the shell', async () => {
  await startService();
  const exited = once(server!, 'exit');
  server!.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});
