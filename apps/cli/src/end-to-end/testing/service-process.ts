import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll } from '@jest/globals';
import { MediclipClient } from '@mediclip/client';
import { temporaryFolder, until } from '@mediclip/testing';
import { serviceEnvironment } from '../../testing/service-environment.js';
import { childrenOf } from './processes.js';

const entry = fileURLToPath(new URL('../../../dist/demo/serve-process.js', import.meta.url));

/** A line of the service's log. */
interface LogLine {
  readonly msg: string;
  /** As pino counts: 30 info, 40 warn, 50 error. */
  readonly level: number;
  /** The address in the line `ready`. */
  readonly address?: string;
}

export interface ServiceOptions {
  /** A new folder without it. */
  readonly dataDir?: string;
  /** `MEDICLIP_` variables beyond those that every test needs. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Other variables. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** `mediclip serve` in a process of its own, on a free port and on the CPU. */
export interface ServiceProcess {
  readonly baseUrl: string;
  readonly client: MediclipClient;
  readonly dataDir: string;
  readonly pid: number;
  /** The exit status, or the signal that ended the process. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** What it has logged so far. */
  readonly log: readonly LogLine[];
  /** The engine process of this moment, waited for when it is being replaced. */
  enginePid(): Promise<number>;
  /** Sends a signal to the service alone, as a service manager does. */
  signal(signal: NodeJS.Signals): void;
  /** Kills the service and all its processes at once, as a machine that dies does. */
  killTree(): Promise<void>;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<number | NodeJS.Signals>;
}

const running = new Set<number>();
const killRunning = () => {
  for (const group of running) killGroup(group);
};
process.on('exit', killRunning);
// A test that fails leaves its service behind, and jest would wait for it.
afterAll(killRunning);

/** Starts the service from the build, in a process group of its own; resolves when it is ready. */
export async function startService({
  dataDir = temporaryFolder(),
  settings = {},
  environment = {},
}: ServiceOptions = {}): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [entry], {
    detached: true,
    env: serviceEnvironment({
      MEDICLIP_HOST: '127.0.0.1',
      MEDICLIP_PORT: '0',
      MEDICLIP_DATA_DIR: dataDir,
      ...settings,
      ...environment,
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pid = child.pid!;
  running.add(pid);
  const ended = once(child, 'close').then(([code, signal]) => {
    running.delete(pid);
    return (code ?? signal) as number | NodeJS.Signals;
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = `${errors}${text}`.slice(-4000);
  });
  const log: LogLine[] = [];
  const baseUrl = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as LogLine;
      log.push(line);
      if (line.msg === 'ready' && line.address !== undefined) resolve(line.address);
    });
    ended.then((end) => reject(new Error(`The service ended with ${end} before it was ready: ${errors}`)), reject);
  });
  return {
    baseUrl,
    client: new MediclipClient({ baseUrl }),
    dataDir,
    pid,
    ended,
    log,
    enginePid: () => until(() => childrenOf(pid).find(({ command }) => command.includes('engine-process'))?.pid),
    signal: (signal) => process.kill(pid, signal),
    async killTree() {
      killGroup(pid);
      await ended;
    },
    stop() {
      process.kill(pid, 'SIGTERM');
      return ended;
    },
  };
}

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
