import path from 'node:path';
import { type Model, modelSchema } from '@mediclip/contracts';
import { readRecord } from './read-record.js';

/** The file of an export that says what the service knows of the model. */
export const modelRecordFile = 'model.json';

/**
 * The record of an unpacked export; undefined for a folder of `mediclip adapt`, which has none. Throws a UsageError for
 * a damaged one.
 */
export async function readModelRecord(folder: string): Promise<Model | undefined> {
  const file = path.join(folder, modelRecordFile);
  return readRecord(file, modelSchema, 'is damaged or of another version: export the model again.');
}
