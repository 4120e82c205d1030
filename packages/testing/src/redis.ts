import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { freePort } from './free-port.js';
import { temporaryFolder } from './temporary-folder.js';

/** A real Redis server of a test's own, with an append-only file in a temporary folder. */
export interface RedisServer {
  /** `redis://…` with the password, if any. */
  url: string;
  port: number;
  /** With its append-only file: every command that has written. */
  folder: string;
  pid(): number;
  /** Kills the server as a crash would (SIGKILL). */
  kill(): Promise<void>;
  /** Starts a killed server again, with its data. */
  restart(): Promise<void>;
  /** Ends the server; it is ended with the test process at the latest. */
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  password?: string;
  /** Further arguments, as of the configuration file: `['--maxmemory-policy', 'allkeys-lru']`. */
  arguments?: readonly string[];
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const server of running) server.kill('SIGKILL');
});

/**
 * The path of `redis-server`, installed first where that is allowed; null after a loud line where there is none, and
 * the tests that need it are to be skipped then.
 */
export async function findRedis(): Promise<string | null> {
  const script = new URL('../../../scripts/ensure-redis.mjs', import.meta.url);
  const { ensureRedis } = (await import(script.href)) as { ensureRedis: () => string | null };
  return ensureRedis();
}

/** Starts a Redis server on a free port of the loopback interface. Throws when there is no Redis: see `findRedis`. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const program = await findRedis();
  if (program === null) throw new Error('There is no redis-server here: skip the test when findRedis() gives null.');
  const port = await freePort();
  const folder = temporaryFolder();
  const settings = [
    ...['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', '', '--appendonly', 'yes'],
    ...(options.password === undefined ? [] : ['--requirepass', options.password]),
    ...(options.arguments ?? []),
  ];
  let server = await launch(program, settings);
  const end = async (signal: NodeJS.Signals) => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill(signal);
    await exited;
  };
  return {
    url: `redis://${options.password === undefined ? '' : `:${options.password}@`}127.0.0.1:${port}`,
    port,
    folder,
    pid: () => server.pid!,
    kill: () => end('SIGKILL'),
    restart: async () => {
      server = await launch(program, settings);
    },
    stop: () => end('SIGKILL'),
  };
}

/** Resolves when the server says that it accepts connections; throws what it printed when it ends before. */
async function launch(program: string, settings: readonly string[]): Promise<ChildProcess> {
  const server = spawn(program, settings, { stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(server);
  server.once('exit', () => running.delete(server));
  const printed: string[] = [];
  for await (const line of createInterface(server.stdout)) {
    printed.push(line);
    if (line.includes('Ready to accept connections')) {
      server.stdout.resume();
      return server;
    }
  }
  throw new Error(`redis-server ended before it was ready:\n${printed.join('\n')}`);
}
