import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface EmbeddedServer {
  readonly baseUrl: string;
  readonly pid: number;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<void>;
}

/**
 * Starts `mediclip serve` as a process of its own on a free port, with its files under `dataDir`. Rejects with the
 * end of its error output when it ends before it is ready.
 */
export async function startEmbeddedServer(dataDir: string): Promise<EmbeddedServer> {
  const entry = fileURLToPath(new URL('../../dist/demo/serve-process.js', import.meta.url));
  const child = spawn(process.execPath, [entry], {
    env: { ...process.env, MEDICLIP_DATA_DIR: dataDir, MEDICLIP_PORT: '0', MEDICLIP_HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = `${words}${text}`.slice(-2000);
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  const baseUrl = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { msg, address } = parseLogLine(line);
      if (msg === 'ready' && address !== undefined) resolve(address);
    });
    child.once('error', reject);
    void ended.then(() => reject(new Error(`The server ended before it was ready. ${words.trim()}`)));
  });
  return {
    baseUrl,
    pid: child.pid!,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** A line of the server's log; one that is not JSON says nothing here. */
function parseLogLine(line: string): { msg?: string; address?: string } {
  return line.startsWith('{') ? JSON.parse(line) : {};
}
