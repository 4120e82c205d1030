/**
 * Runs commands that its parent sends, one after the other, each as in a process of its own but for the loading of its
 * code, which takes longer than most of them.
 */
import { main } from '../main.js';

/** A command's arguments, and all of its environment. */
export interface CommandMessage {
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

/** What became of the command. */
export interface EndMessage {
  readonly end: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** In place of the end of the process. */
class Exit extends Error {
  constructor(readonly status: number) {
    super(`exit with ${status}`);
  }
}

process.exit = (status) => {
  throw new Exit(Number(status ?? 0));
};
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', async (message: CommandMessage) => process.send!(await run(message)));

async function run({ args, environment }: CommandMessage): Promise<EndMessage> {
  process.env = { ...environment };
  const said = { stdout: '', stderr: '' };
  const restore = (['stdout', 'stderr'] as const).map((name) => {
    const stream = process[name];
    const { write } = stream;
    stream.write = (text: string | Uint8Array) => {
      said[name] += String(text);
      return true;
    };
    return () => {
      stream.write = write;
    };
  });
  try {
    return { end: await main([process.execPath, 'mediclip', ...args]), ...said };
  } catch (error) {
    if (error instanceof Exit) return { end: error.status, ...said };
    return { end: 1, stdout: said.stdout, stderr: `${said.stderr}${(error as Error).stack}` };
  } finally {
    for (const put of restore) put();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeAllListeners(signal);
  }
}
