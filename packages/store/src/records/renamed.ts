import type { NamesChange } from '@mediclip/contracts';

interface Named {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
}

/** The record with another name or description; a description of null goes. */
export function renamed<T extends Named>(record: T, { name, description }: NamesChange): T {
  const { description: before, ...rest } = record;
  const now = description === undefined ? before : (description ?? undefined);
  return { ...rest, ...(name !== undefined && { name }), ...(now !== undefined && { description: now }) } as T;
}
