import { rm } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder, writeFileWhole } from '@mediclip/files';
import { z } from 'zod';
import { readRecord } from '../folder/read-record.js';
import { loginFile } from './has-login.js';

const loginSchema = z.strictObject({ server: z.url(), key: z.string().optional() });

/** The server that `mediclip login` keeps, with the key for it. */
export type Login = z.infer<typeof loginSchema>;

/** Throws a UsageError for a damaged file. */
export async function readLogin(): Promise<Login | undefined> {
  return readRecord(loginFile(), loginSchema, 'is damaged: log in again, or remove it.');
}

/** Writes the file for its owner's eyes only. */
export async function writeLogin(login: Login): Promise<string> {
  const file = loginFile();
  await makeFolder(path.dirname(file), { mode: 0o700 });
  await writeFileWhole(file, async (handle) => {
    await handle.chmod(0o600);
    await handle.writeFile(`${JSON.stringify(login, undefined, 2)}\n`);
  });
  return file;
}

export const removeLogin = (): Promise<void> => rm(loginFile(), { force: true });
