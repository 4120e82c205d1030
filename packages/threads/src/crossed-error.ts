/** An error as plain data, which any thread or process can read. */
export interface CrossedError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  /** The error's other own properties that are plain data, e.g. its `code`. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause?: CrossedError;
}

/**
 * A class of errors that are rebuilt where they arrive. Its instances carry the class's name as `name` and hold their
 * data in public properties: private ones (`#name`) do not cross.
 */
export interface ErrorClass {
  readonly name: string;
  readonly prototype: Error;
}

/** How many `cause` behind `cause` cross. */
const deepestCause = 4;
const builtIn: readonly ErrorClass[] = [Error, RangeError, TypeError, SyntaxError, ReferenceError, EvalError, URIError];
const ownProperties = new Set(['name', 'message', 'stack', 'cause']);

/** `error` as plain data. What was thrown and is no error crosses as an Error that says what it was. */
export function crossed(error: unknown, depth = 0): CrossedError {
  if (!isError(error)) return { name: 'Error', message: String(error), fields: {} };
  const { name, message, stack, cause } = error;
  return {
    name,
    message,
    fields: plainFields(error),
    ...(stack !== undefined && { stack }),
    ...(cause !== undefined && depth < deepestCause && { cause: crossed(cause, depth + 1) }),
  };
}

/**
 * The error that crossed, as an instance of the class of its name: one of `classes` or of the language's own. An error
 * of another class is an Error with that name. `code`, other fields, the cause and the stack of the other side are
 * kept.
 */
export function rebuilt({ name, message, stack, fields, cause }: CrossedError, classes: readonly ErrorClass[]): Error {
  const error = new Error(message, cause && { cause: rebuilt(cause, classes) });
  const known = [...classes, ...builtIn].find((candidate) => candidate.name === name);
  if (known) Object.setPrototypeOf(error, known.prototype);
  if (error.name !== name) define(error, 'name', name);
  if (stack !== undefined) define(error, 'stack', stack);
  return Object.assign(error, fields);
}

function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

function plainFields(error: Error): Record<string, unknown> {
  const fields = Object.entries(error).filter(([key]) => !ownProperties.has(key));
  return Object.fromEntries(fields.filter(([, value]) => isPlain(value)));
}

function isPlain(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

function define(error: Error, property: 'name' | 'stack', value: string): void {
  Object.defineProperty(error, property, { value, configurable: true, writable: true, enumerable: false });
}
