import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder, writeFileWhole } from '@mediclip/files';
import { createOutput } from '../terminal/output.js';
import { addKey, createKey } from './keys.js';

export interface SecretsFlags {
  readonly tenant: string;
  readonly json: boolean;
  /** Also those of a PACS (Orthanc) that sends studies here and takes results. */
  readonly pacs?: boolean;
}

/** Its owner's, and for the group, as which Redis runs. */
const mode = 0o640;

const user = 'mediclip';

/**
 * `mediclip secrets FOLDER`: makes the secrets of a deployment that the folder lacks, and with a new file of API keys
 * the first key, which is printed this once. What is there stays as it is.
 */
export async function makeSecrets(folder: string, { tenant, json, pacs = false }: SecretsFlags): Promise<void> {
  const output = createOutput(json);
  await makeFolder(folder, { mode: 0o750 });
  const make = async (name: string, content: () => string | Promise<string>) => {
    const file = path.join(folder, name);
    if (existsSync(file)) return;
    const text = await content();
    await writeFileWhole(file, async (handle) => {
      await handle.chmod(mode);
      await handle.writeFile(text);
    });
    output.event({ event: 'secret-made', file });
  };
  await make('redis_password', random);
  await make('s3_credentials', () => `[default]\naws_access_key_id = ${user}\naws_secret_access_key = ${random()}\n`);
  const keys = path.join(folder, 'api_keys.json');
  if (!existsSync(keys)) {
    output.remark('The first API key, for the page and for programs:');
    await createKey(tenant, { file: keys, json, note: 'first key' });
  }
  if (!pacs) return;
  await make('dicom_references_key', random);
  await make('orthanc_password', random);
  await make('orthanc_authorization', async () => {
    const password = await readFile(path.join(folder, 'orthanc_password'), 'utf8');
    return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  });
  await make('orthanc_api_key', async () => (await addKey(tenant, { file: keys, note: 'of Orthanc' })).key);
  await make('dicomweb_servers.json', () => `${JSON.stringify({ servers: [orthancOf(tenant)] }, undefined, 2)}\n`);
}

/** Orthanc as the file of DICOMweb servers names it. */
function orthancOf(tenant: string) {
  return {
    name: 'pacs',
    url: 'http://orthanc:8042/dicom-web/',
    headers: { Authorization: { file: 'orthanc_authorization' } },
    tenants: [tenant],
  };
}

function random(): string {
  return randomBytes(32).toString('hex');
}
