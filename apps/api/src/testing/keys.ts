import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { newId } from '@mediclip/store';

/** Writes an API keys file with these keys, each with its tenant. */
export function writeKeys(file: string, keys: Readonly<Record<string, string>>): void {
  const entries = Object.entries(keys).map(([key, tenant]) => ({
    id: newId(),
    tenant,
    sha256: createHash('sha256').update(key).digest('hex'),
    createdAt: new Date().toISOString(),
  }));
  writeFileSync(file, JSON.stringify({ schemaVersion: 1, keys: entries }));
}
