import { z } from 'zod';

const cursorSchema = z.string().min(1).max(1024);

/** Query fields of every list. */
export const pageQueryFields = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(200)
    .default(50)
    .meta({ description: 'How many items a page has at most.' }),
  cursor: cursorSchema.optional().meta({ description: '`nextCursor` of the page before; none for the first page.' }),
};

/** Filter by the names that people give. */
export const nameFilterField = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .meta({ description: 'Only what has this text in its name, in upper or lower case.' });

/** Query of a list without filters. */
export const pageQuerySchema = z.strictObject(pageQueryFields);

/**
 * A page of a list. An item that exists during the whole walk from page to page appears exactly once,
 * whatever is added or deleted meanwhile.
 */
export function pageSchema<S extends z.ZodType>(item: S, id: string, order: string) {
  return z
    .strictObject({
      items: z.array(item).meta({ description: order }),
      nextCursor: cursorSchema.optional().meta({
        description:
          'Cursor of the next page; missing on the last page. With filters a page may have fewer items than asked for, or none, and be followed by others.',
      }),
    })
    .meta({ id, description: 'One page of a list.' });
}

/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string | undefined;
}
