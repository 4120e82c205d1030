import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../dist/testing/store-process.js', import.meta.url));

export interface StoreProcess {
  readonly child: ChildProcess;
  /** Lines as they come; ends when the process ends. */
  readonly lines: AsyncIterable<string>;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** Starts `store-process.ts` from the build; `wrapper` is a command line that it is run under. */
export function startStoreProcess(url: string, job: string, count: number, wrapper: string[] = []): StoreProcess {
  const [command, ...args] = [...wrapper, process.execPath, script, url, job, String(count)];
  const child = spawn(command!, args, { env: process.env, stdio: ['ignore', 'pipe', 'inherit'] });
  return {
    child,
    lines: createInterface({ input: child.stdout }),
    ended: once(child, 'exit').then(([code, signal]) => code ?? signal),
  };
}

/** Everything that a process says until it ends by itself with exit code 0. */
export async function linesOf({ lines, ended }: StoreProcess): Promise<string[]> {
  const said: string[] = [];
  for await (const line of lines) said.push(line);
  const end = await ended;
  if (end !== 0) throw new Error(`The process ended with ${end} after ${JSON.stringify(said.at(-1))}.`);
  return said;
}
