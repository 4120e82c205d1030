import type { z } from 'zod';
import { type FieldError, fieldErrors } from './field-errors.js';
import { ProblemError } from './problem.js';

/**
 * `value` as `schema` reads it (defaults filled in, numbers of a query parsed).
 * Throws the problem `validation-failed` with its faults; `where` is the part of the request that `value` comes from.
 */
export function validate<S extends z.ZodType>(
  schema: S,
  value: unknown,
  where: FieldError['in'] = 'body',
): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { errors, count } = fieldErrors(result.error, where);
  const first = errors[0]!;
  const more = count > 1 ? ` (and ${count - 1} more)` : '';
  const place = first.pointer === '' ? `the ${where}` : `${where} ${first.pointer}`;
  throw new ProblemError('validation-failed', `${place}: ${first.detail}${more}.`, { errors });
}
