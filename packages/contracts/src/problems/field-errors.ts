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

/** Faults that an answer lists: a body of a megabyte can have a hundred thousand. */
const mostListed = 100;
/** A pointer ends before the name of a field that is longer; nobody means such a field. */
const longestName = 200;

/**
 * The faults of a failed validation, one for each unknown field and for each wrong value, the first hundred of them;
 * `count` is of all.
 */
export function fieldErrors(
  error: z.ZodError,
  where: FieldError['in'] = 'body',
): { readonly errors: FieldError[]; readonly count: number } {
  const errors: FieldError[] = [];
  let count = 0;
  for (const { path, ...issue } of error.issues) {
    const isUnknown = issue.code === 'unrecognized_keys';
    const detail = isUnknown ? 'This field is not known' : issue.message;
    const paths = isUnknown ? issue.keys.slice(0, mostListed).map((key) => [...path, key]) : [path];
    for (const one of paths.slice(0, mostListed - errors.length)) {
      errors.push({ in: where, pointer: jsonPointer(named(one)), detail });
    }
    count += isUnknown ? issue.keys.length : 1;
  }
  return { errors, count };
}

function named(path: readonly PropertyKey[]): readonly PropertyKey[] {
  const tooLong = path.findIndex((part) => String(part).length > longestName);
  return tooLong === -1 ? path : path.slice(0, tooLong);
}
