import { z } from 'zod';

/** One fault of a request. */
export const fieldErrorSchema = z
  .strictObject({
    in: z.enum(['body', 'query', 'path', 'header']).meta({ description: 'The part of the request that is at fault.' }),
    pointer: z.string().meta({
      description: 'JSON pointer (RFC 6901) into that part; empty for the whole.',
      examples: ['/training/epochs'],
    }),
    detail: z
      .string()
      .meta({ description: 'What is wrong there.', examples: ['Too small: expected number to be >=1'] }),
  })
  .meta({ id: 'FieldError', description: 'One fault of a request: where, and what is wrong.' });

export type FieldError = z.infer<typeof fieldErrorSchema>;

/** RFC 6901 pointer of a path of property names and indices, e.g. `/training/epochs`. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The faults of a failed validation, one for each unknown field and for each wrong value. */
export function fieldErrors(error: z.ZodError, where: FieldError['in'] = 'body'): FieldError[] {
  return error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({
          in: where,
          pointer: jsonPointer([...issue.path, key]),
          detail: 'This field is not known',
        }))
      : [{ in: where, pointer: jsonPointer(issue.path), detail: issue.message }],
  );
}
