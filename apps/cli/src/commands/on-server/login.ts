import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { ClientProblem } from '@mediclip/client';
import { removeLogin, writeLogin } from '../../server/login-file.js';
import { clientOf, keyOf, onServer } from '../../server/server.js';
import { UsageError } from '../../usage-error.js';

/**
 * `mediclip login URL`: keeps a server and a key for it, once the server has taken them. The key comes from
 * `--key-file`, `MEDICLIP_API_KEY`, or the terminal, where it is not shown; a server without keys needs none.
 */
export async function login(url: string, { keyFile }: { readonly keyFile?: string }): Promise<void> {
  const given = await keyOf(keyFile);
  const key = given ?? ((await letsIn(url, undefined)) ? undefined : await askForKey());
  if (key !== undefined && !(await letsIn(url, key))) throw new UsageError(`${url} does not take this key: check it.`);
  const file = await writeLogin({ server: url, ...(key !== undefined && { key }) });
  process.stderr.write(
    `Commands work on ${url} from now on (kept in ${file}). --local works on this machine, \`mediclip logout\` ends it.\n`,
  );
}

/** `mediclip logout`. */
export async function logout(): Promise<void> {
  await removeLogin();
}

async function letsIn(url: string, key: string | undefined): Promise<boolean> {
  const asked = clientOf(url, key)
    .getUsage()
    .then(
      () => true,
      (error: unknown) => {
        if (error instanceof ClientProblem && error.status === 401) return false;
        throw error;
      },
    );
  return onServer(asked);
}

/** A line of the terminal that is not shown, or of what is piped in. */
async function askForKey(): Promise<string> {
  process.stderr.write('API key: ');
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: unseen, terminal: process.stdin.isTTY === true });
  try {
    return (await lines.question('')).trim();
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
