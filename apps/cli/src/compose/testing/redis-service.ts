import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { readCompose } from './compose-file.js';

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}

/**
 * The very Redis of the compose file, with folders of this machine and a free port. Resolves when it takes connections.
 */
export async function startRedisService({ data, secrets }: { data: string; secrets: string }) {
  const port = await freePort();
  const [program, ...args] = readCompose().services.redis!.command.map((part) =>
    part.replace('/run/secrets', secrets).replace('--dir /data', `--dir ${data} --bind 127.0.0.1 --port ${port}`),
  );
  const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface(child.stdout)) {
    if (line.includes('Ready to accept connections')) break;
  }
  child.stdout.resume();
  return { child, port };
}
