import { createHash, randomBytes } from 'node:crypto';
import { tenantSchema } from '@mediclip/contracts';
import { newId } from '@mediclip/store';
import { changeKeysFile, readKeysFile, type StoredKey } from '../keys/keys-file.js';
import { createOutput } from '../terminal/output.js';
import { UsageError } from '../usage-error.js';

export interface KeysFlags {
  readonly file: string;
  readonly json: boolean;
}

export interface CreateFlags extends KeysFlags {
  readonly note?: string | undefined;
}

const keyBytes = 32;
const longestNote = 200;

/** Prints a new key, which the file holds the SHA-256 of: nobody can read the key again. */
export async function createKey(tenant: string, { file, json, note }: CreateFlags): Promise<void> {
  const output = createOutput(json);
  const { key, stored } = await addKey(tenant, { file, note });
  const { id, createdAt } = stored;
  output.event({ event: 'key-created', id, tenant, createdAt, key });
  output.line(key);
  output.remark(`Key ${id} of ${tenant} is in ${file}. Keep the line above: it is not shown again.`);
}

/** A new key, whose SHA-256 the file holds from now on. Throws a UsageError for what is no tenant or no note. */
export async function addKey(
  tenant: string,
  { file, note }: Pick<CreateFlags, 'file' | 'note'>,
): Promise<{ readonly key: string; readonly stored: StoredKey }> {
  const fault = tenantSchema.safeParse(tenant).error?.issues[0];
  if (fault) throw new UsageError(`${JSON.stringify(tenant)} is no tenant: ${fault.message}.`);
  if (note !== undefined && note.length > longestNote) {
    throw new UsageError(`The note has more than ${longestNote} characters: shorten it.`);
  }
  const key = `mcl_${randomBytes(keyBytes).toString('base64url')}`;
  const stored: StoredKey = {
    id: newId(),
    tenant,
    sha256: createHash('sha256').update(key).digest('hex'),
    createdAt: new Date().toISOString(),
    ...(note !== undefined && { note }),
  };
  await changeKeysFile(file, (keys) => [...keys, stored]);
  return { key, stored };
}

/** Lists id, tenant, time and note of every key in the file; the keys themselves nobody can read again. */
export async function listKeys({ file, json }: KeysFlags): Promise<void> {
  const output = createOutput(json);
  for (const { id, tenant, createdAt, note } of await readKeysFile(file)) {
    output.event({ event: 'key', id, tenant, createdAt, ...(note !== undefined && { note }) });
    output.line([id, createdAt, tenant, note].filter((part) => part !== undefined).join('  '));
  }
}

/** Takes a key out of the file, by its id. Throws a UsageError for an id that is not there. */
export async function revokeKey(id: string, { file, json }: KeysFlags): Promise<void> {
  const output = createOutput(json);
  await readKeysFile(file);
  await changeKeysFile(file, (keys) => {
    if (keys.every((key) => key.id !== id)) {
      throw new UsageError(`${file} has no key ${id}: see \`mediclip keys list\`.`);
    }
    return keys.filter((key) => key.id !== id);
  });
  output.event({ event: 'key-revoked', id });
  output.remark(`Key ${id} is withdrawn; a running service takes notice within seconds.`);
}
