import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MediclipClient } from '@mediclip/client';
import { until } from '@mediclip/testing';
import { childrenOf } from '../../end-to-end/testing/processes.js';
import { serviceEnvironment } from '../../testing/service-environment.js';

const mediclip = fileURLToPath(new URL('../../../dist/testing/main-process.js', import.meta.url));
/** An entry with what only tests alter. */
export const alteredMediclip = fileURLToPath(
  new URL('../../../dist/chaos/testing/altered-process.js', import.meta.url),
);

/** A line of a process's log. */
export interface LogLine {
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface MemberOptions {
  readonly role: 'api' | 'worker' | 'serve';
  readonly port: number;
  /** The `MEDICLIP_` variables, and what else differs from this process. */
  readonly environment: Readonly<Record<string, string>>;
  /** The module that is run with the role as its argument; `mediclip` itself without. */
  readonly entry?: string;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * `mediclip api`, `mediclip worker` or `mediclip serve` as a process that can be killed, frozen and started again, on
 * one port.
 */
export class Member {
  readonly baseUrl: string;
  /** What all processes of this member have logged, oldest first. */
  readonly log: LogLine[] = [];
  readonly #options: MemberOptions;
  #child: ChildProcess | undefined;
  #ended: Promise<number | NodeJS.Signals> = Promise.resolve(0);
  /** The last that the process has written to its standard error. */
  errors = '';

  constructor(options: MemberOptions) {
    this.#options = options;
    this.baseUrl = `http://127.0.0.1:${options.port}`;
  }

  get dataDir(): string {
    return this.#options.environment.MEDICLIP_DATA_DIR!;
  }

  /** The exit status of the present process, or the signal that ended it, once it has ended. */
  get end(): Promise<number | NodeJS.Signals> {
    return this.#ended;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && running.has(this.#child);
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  /** A client that knows this member alone. It is patient: a start takes long where others have the processor. */
  client(): MediclipClient {
    return new MediclipClient({ baseUrl: this.baseUrl, retryBudgetMs: 120_000 });
  }

  /**
   * Starts the process, this time with more variables; resolves when it is ready. Rejects with what it said when it
   * ends before.
   */
  async start(more: Readonly<Record<string, string>> = {}): Promise<void> {
    const { role, port, environment, entry = mediclip } = this.#options;
    const child = spawn(process.execPath, [entry, role], {
      env: serviceEnvironment({ MEDICLIP_PORT: String(port), ...environment, ...more }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    running.add(child);
    this.errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.errors = `${this.errors}${text}`.slice(-4000);
    });
    this.#ended = once(child, 'close').then(([code, signal]) => {
      running.delete(child);
      return (code ?? signal) as number | NodeJS.Signals;
    });
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (text) => {
        const line = JSON.parse(text) as LogLine;
        this.log.push(line);
        if (line.msg === 'ready') resolve();
      });
      this.#ended.then((end) =>
        reject(new Error(`mediclip ${role} ended with ${end} before it was ready: ${this.errors}`)),
      );
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child!.kill(signal);
  }

  /** Ends the process as a crash does. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#ended;
  }

  /** Tells the process to end, and waits for it; its exit status. */
  async stop(): Promise<number | NodeJS.Signals> {
    this.signal('SIGTERM');
    return this.#ended;
  }

  /** The engine process of a worker, waited for when it is being replaced. */
  enginePid(): Promise<number> {
    return until(() => childrenOf(this.pid).find(({ command }) => command.includes('engine-process'))?.pid);
  }

  /** Ids of the jobs of a kind that this worker has taken up and not ended. */
  underWay(kind: string): string[] {
    const open = new Set<string>();
    for (const { msg, jobId, kind: found } of this.log) {
      if (msg === 'ready') open.clear();
      if (found !== kind) continue;
      if (msg === 'job taken up') open.add(jobId as string);
      else if (['job ended', 'job given back', 'attempt superseded'].includes(msg)) open.delete(jobId as string);
    }
    return [...open];
  }
}
