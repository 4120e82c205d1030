import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll } from '@jest/globals';
import { temporaryFolder } from '@mediclip/testing';
import type { CommandMessage, EndMessage } from './commands-process.js';
import { serviceEnvironment } from './service-environment.js';

const entry = fileURLToPath(new URL('../../dist/testing/main-process.js', import.meta.url));

/** Where no login is kept, whatever the person who runs the tests has. */
const noLogin = temporaryFolder();

/** A line of `--json`. */
export interface JsonEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface Finished {
  /** The exit status, or the signal that ended the process. */
  readonly end: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningMediclip {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves with the first line of `--json` that `matches`; rejects when the process ends without one. */
  event(matches: (event: JsonEvent) => boolean): Promise<JsonEvent>;
  /** Sends a signal to the command and all its processes, as Ctrl-C in a terminal does. */
  signalGroup(signal: NodeJS.Signals): void;
}

/** Starts the command from the build, on the CPU, in a process group of its own. */
export function startMediclip(args: readonly string[], environment: NodeJS.ProcessEnv = {}): RunningMediclip {
  const child = spawn(process.execPath, [entry, ...args], {
    detached: true,
    env: environmentOf(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text;
  });
  const finished = once(child, 'close').then(([code, signal]) => ({ end: code ?? signal, ...said }));

  const event = (matches: (event: JsonEvent) => boolean) =>
    new Promise<JsonEvent>((resolve, reject) => {
      const look = () => {
        const found = eventsOf(said.stdout.slice(0, said.stdout.lastIndexOf('\n') + 1)).find(matches);
        if (found) resolve(found);
      };
      child.stdout.on('data', look);
      finished.then(({ end, stderr }) => reject(new Error(`It ended with ${end} without such a line: ${stderr}`)));
      look();
    });

  return { child, finished, event, signalGroup: (signal) => process.kill(-child.pid!, signal) };
}

const roles: readonly string[] = ['serve', 'api', 'worker', 'demo'];
const commandsEntry = fileURLToPath(new URL('../../dist/testing/commands-process.js', import.meta.url));
let commands: ChildProcess | undefined;
let lastCommand: Promise<unknown> = Promise.resolve();
afterAll(async () => {
  if (commands === undefined) return;
  const ended = once(commands, 'exit');
  commands.kill('SIGKILL');
  await ended;
});

/** Runs the command to its end. All but servers take turns in one process, which has their code loaded already. */
export function mediclip(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Finished> {
  if (roles.includes(args[0]!)) return startMediclip(args, environment).finished;
  return mediclipInTurn(args, environment);
}

/** The same for every command: a server must be one that cannot start. */
export function mediclipInTurn(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Finished> {
  const turn = lastCommand.then(() => runCommand(args, environment));
  lastCommand = turn.catch(() => undefined);
  return turn;
}

async function runCommand(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<Finished> {
  commands ??= fork(commandsEntry, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  commands.ref();
  const answer = once(commands, 'message');
  commands.send({
    args,
    environment: environmentOf(environment),
  } satisfies CommandMessage);
  const [{ end, stdout, stderr }] = (await answer) as [EndMessage];
  // An idle one does not keep the tests from ending; it ends with them.
  commands.unref();
  commands.channel?.unref();
  return { end, stdout, stderr };
}

/** That of services in tests, in which nobody has logged in. */
const environmentOf = (given: NodeJS.ProcessEnv) => serviceEnvironment({ XDG_CONFIG_HOME: noLogin, ...given });

/** Runs the command, which must succeed, with `--json`. */
export async function mediclipEvents(args: readonly string[]): Promise<JsonEvent[]> {
  const { end, stdout, stderr } = await mediclip([...args, '--json']);
  if (end !== 0) throw new Error(`mediclip ${args.join(' ')} ended with ${end}: ${stderr}`);
  return eventsOf(stdout);
}

function eventsOf(stdout: string): JsonEvent[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonEvent);
}
