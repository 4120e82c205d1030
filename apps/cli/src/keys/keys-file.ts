import { existsSync } from 'node:fs';
import { type FileHandle, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { type ApiKeysFile, apiKeysFileSchema } from '@mediclip/contracts';
import { makeFolder, syncFolder } from '@mediclip/files';
import { UsageError } from '../usage-error.js';

export type StoredKey = ApiKeysFile['keys'][number];

/** Readable by its owner only. */
const newFileMode = 0o600;

/** The keys of a file. Throws a UsageError when there is no such file or it cannot be used. */
export async function readKeysFile(file: string): Promise<StoredKey[]> {
  if (!existsSync(file)) {
    throw new UsageError(
      `There is no keys file ${file}: make it with \`mediclip keys create\`, or name it with --file.`,
    );
  }
  return parseKeys(file, await readFile(file, 'utf8'));
}

/**
 * Replaces the keys of a file, which need not exist, by what `change` makes of them; the file is written whole or not
 * at all. Its next content lies beside it until it is moved there, which also keeps out whoever would change the file
 * at the same time. Throws a UsageError when somebody is at it, or when the file cannot be used: it is then left as it
 * is.
 */
export async function changeKeysFile(named: string, change: (keys: StoredKey[]) => StoredKey[]): Promise<void> {
  await makeFolder(path.dirname(path.resolve(named)));
  const file = existsSync(named) ? await realpath(named) : named;
  const next = `${file}.partial`;
  const handle = await open(next, 'wx', newFileMode).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw new UsageError(`Another \`mediclip keys\` is changing ${file}: try again, or remove ${next} if none is.`);
  });
  try {
    const keys = existsSync(file) ? parseKeys(file, await readFile(file, 'utf8')) : [];
    const content: ApiKeysFile = { schemaVersion: 1, keys: change(keys) };
    await handle.writeFile(`${JSON.stringify(content, undefined, 2)}\n`);
    if (existsSync(file)) await keepOwner(handle, file);
    await handle.sync();
    await rename(next, file);
    await syncFolder(path.dirname(file));
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

/** Whoever may read the file now may read what replaces it. */
async function keepOwner(handle: FileHandle, file: string): Promise<void> {
  const { mode, uid, gid } = await stat(file);
  const now = await handle.stat();
  if (now.uid !== uid || now.gid !== gid) await handle.chown(uid, gid);
  await handle.chmod(mode & 0o777);
}

function parseKeys(file: string, text: string): StoredKey[] {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new UsageError(`${file} is no keys file, not even JSON: name another with --file, or move it away.`);
  }
  const parsed = apiKeysFileSchema.safeParse(content);
  if (parsed.success) return parsed.data.keys;
  const { path: place, message } = parsed.error.issues[0]!;
  throw new UsageError(
    `${file} is no keys file (${place.join('.') || 'as a whole'}: ${message}): mend it, or name another with --file.`,
  );
}
