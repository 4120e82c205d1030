import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Model, modelSchema } from '@mediclip/contracts';
import { UsageError } from '../usage-error.js';

/** The file of an export that says what the service knows of the model. */
export const modelRecordFile = 'model.json';

/**
 * The record of an unpacked export; undefined for a folder of `mediclip adapt`, which has none. Throws a UsageError for
 * a damaged one.
 */
export async function readModelRecord(folder: string): Promise<Model | undefined> {
  const file = path.join(folder, modelRecordFile);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return modelSchema.parse(JSON.parse(text));
  } catch {
    throw new UsageError(`${file} is damaged or of another version: export the model again.`);
  }
}
