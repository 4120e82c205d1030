import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeFileWhole } from '@mediclip/files';
import { createOutput } from '../terminal/output.js';
import { createKey } from './keys.js';

export interface SecretsFlags {
  readonly tenant: string;
  readonly json: boolean;
}

/** Its owner's, and for the group, as which Redis runs. */
const mode = 0o640;

const made: Readonly<Record<string, () => string>> = {
  redis_password: random,
  s3_credentials: () => `[default]\naws_access_key_id = mediclip\naws_secret_access_key = ${random()}\n`,
};

/**
 * `mediclip secrets FOLDER`: makes the secrets of a deployment that the folder lacks, and with a new file of API keys
 * the first key, which is printed this once. What is there stays as it is.
 */
export async function makeSecrets(folder: string, { tenant, json }: SecretsFlags): Promise<void> {
  const output = createOutput(json);
  await mkdir(folder, { recursive: true, mode: 0o750 });
  for (const [name, make] of Object.entries(made)) {
    const file = path.join(folder, name);
    if (existsSync(file)) continue;
    await writeFileWhole(file, async (handle) => {
      await handle.chmod(mode);
      await handle.writeFile(make());
    });
    output.event({ event: 'secret-made', file });
  }
  const keys = path.join(folder, 'api_keys.json');
  if (existsSync(keys)) return;
  output.remark('The first API key, for the page and for programs:');
  await createKey(tenant, { file: keys, json, note: 'first key' });
}

function random(): string {
  return randomBytes(32).toString('hex');
}
