import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { freePort } from '@mediclip/testing';
import { readCompose } from './compose-file.js';

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
