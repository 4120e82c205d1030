import { readFile } from 'node:fs/promises';
import { ClientProblem, ConnectionError, JobNotSucceeded, MediclipClient } from '@mediclip/client';
import { StoppedError, UsageError } from '../usage-error.js';
import { readLogin } from './login-file.js';

/** Options of the whole command line that say where it works. */
export interface ServerFlags {
  readonly server?: string;
  readonly keyFile?: string;
  readonly local?: boolean;
  readonly cancelOnStop?: boolean;
}

/** A server that commands work on. */
export interface Server {
  readonly url: string;
  readonly client: MediclipClient;
  /** Whether Ctrl-C cancels the job that a command waits for. */
  readonly cancelOnStop: boolean;
}

/**
 * The server that the options name, or `MEDICLIP_SERVER`, or the last login; undefined: this machine. The key comes
 * from `--key-file`, `MEDICLIP_API_KEY` or the login, whose key is shown to its own server only.
 */
export async function serverOf({ server, keyFile, local, cancelOnStop }: ServerFlags): Promise<Server | undefined> {
  if (local) return undefined;
  const login = await readLogin();
  const url = server ?? login?.server;
  if (url === undefined) return undefined;
  const ofLogin = login?.server === url ? login.key : undefined;
  const apiKey = (await keyOf(keyFile)) ?? ofLogin;
  return { url, client: clientOf(url, apiKey), cancelOnStop: cancelOnStop === true };
}

/** The key that a file or the environment has. */
export async function keyOf(keyFile: string | undefined): Promise<string | undefined> {
  if (keyFile === undefined) return process.env.MEDICLIP_API_KEY || undefined;
  const text = await readFile(keyFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`Cannot read the key in ${keyFile} (${error.code}): check its name and permissions.`);
  });
  return text.trim();
}

/** A client of the server at an address. Throws a UsageError for what is no address. */
export function clientOf(baseUrl: string, apiKey: string | undefined): MediclipClient {
  if (!/^https?:$/.test(URL.canParse(baseUrl) ? new URL(baseUrl).protocol : '')) {
    throw new UsageError(`"${baseUrl}" is no address of a server: write it like http://127.0.0.1:8080.`);
  }
  return new MediclipClient({ baseUrl, ...(apiKey !== undefined && { apiKey }) });
}

/** What work on a server gives; what the server refused, and a connection that broke, become UsageErrors. */
export async function onServer<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StoppedError || error instanceof UsageError) throw error;
    if (error instanceof ClientProblem || error instanceof ConnectionError || error instanceof JobNotSucceeded) {
      throw new UsageError(error.message, { cause: error });
    }
    throw error;
  }
}
