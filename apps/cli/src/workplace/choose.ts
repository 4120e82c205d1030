import type { Command } from 'commander';
import { localWorkplace } from '../local/local-workplace.js';
import { hasLogin } from '../server/has-login.js';
import type { Server, ServerFlags } from '../server/server.js';
import { UsageError } from '../usage-error.js';
import type { Workplace } from './workplace.js';

/** Options that mean nothing on a server. */
const ofThisMachine = ['out', 'resume', 'overwrite', 'known', 'device', 'precision', 'threads', 'modelsDir'];

/** Where a command works: on the server that is named, or that was logged in to; else on this machine. */
export async function workplaceOf(command: Command): Promise<Workplace> {
  const server = await serverNamed(command);
  if (server === undefined) return localWorkplace;
  for (const { attributeName, long } of command.options.map((option) => ({
    ...option,
    attributeName: option.attributeName(),
  }))) {
    if (ofThisMachine.includes(attributeName) && command.getOptionValueSource(attributeName) === 'cli') {
      throw new UsageError(`${long} is for work on this machine: leave it out, or add --local.`);
    }
  }
  return (await import('../server/server-workplace.js')).serverWorkplace(server);
}

/** The server of a command that works on servers only. */
export async function requireServer(command: Command): Promise<Server> {
  const server = await serverNamed(command);
  if (server) return server;
  throw new UsageError('Name a server: mediclip --server URL …, or `mediclip login URL` once for all.');
}

/** The server; what reads a login and speaks to servers is loaded only where there may be one. */
async function serverNamed(command: Command): Promise<Server | undefined> {
  const flags = command.optsWithGlobals<ServerFlags>();
  if (flags.local || (flags.server === undefined && !hasLogin())) return undefined;
  return (await import('../server/server.js')).serverOf(flags);
}

/** Refuses `--server` for a command that runs on this machine only. */
export function refuseServer(command: Command): void {
  const top = topOf(command);
  if (top.getOptionValueSource('server') === 'cli') {
    throw new UsageError(`mediclip ${command.name()} works on this machine: leave out --server.`);
  }
}

function topOf(command: Command): Command {
  return command.parent === null ? command : topOf(command.parent);
}
