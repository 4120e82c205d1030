import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { UsageError } from '../usage-error.js';

/**
 * The JSON record in a file; undefined where there is none. Throws a UsageError, which ends with what is wrong and what
 * to do, for one that does not fit the schema.
 */
export async function readRecord<T>(file: string, schema: z.ZodType<T>, whatIsWrong: string): Promise<T | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new UsageError(`${file} ${whatIsWrong}`);
  }
}
