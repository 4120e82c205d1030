import type { ZodError } from 'zod';

/** One fault of a body: where (RFC 6901 pointer, '' for the whole) and what is wrong. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** RFC 6901 pointer of a path of property names and indices, e.g. `/training/epochs`. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The faults of a failed validation, one for each unknown field and for each wrong value. */
export function fieldErrors(error: ZodError): FieldError[] {
  return error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ pointer: jsonPointer([...issue.path, key]), detail: 'This field is not known' }))
      : [{ pointer: jsonPointer(issue.path), detail: issue.message }],
  );
}
