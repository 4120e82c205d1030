import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { crossed, rebuilt } from './crossed-error.js';
import { TrialError } from './testing/trial-error.js';

class Nested extends TrialError {
  readonly origin = { name: 'Inner', code: 'x' };
}

const classes = [TrialError, RangeError, TypeError, Error];

test('an error crosses whole: class, name, code, message and cause', () => {
  fc.assert(
    fc.property(fc.constantFrom(...classes), fc.string(), fc.string(), (Class, code, message) => {
      const error =
        Class === TrialError
          ? new TrialError(code, message, { cause: new TypeError(code) })
          : Object.assign(new (Class as ErrorConstructor)(message), { code });
      const back = rebuilt(structuredClone(crossed(error)), [TrialError]);
      expect(back).toBeInstanceOf(Class);
      expect(back).toMatchObject({ name: error.name, message, code });
      expect(back.stack).toBe(error.stack);
      if (Class === TrialError) expect(back.cause).toBeInstanceOf(TypeError);
    }),
  );
});

test('plain fields cross, functions do not', () => {
  const error = Object.assign(new Nested('code', 'message'), { retry: () => 0 });
  Object.defineProperty(error, 'name', { value: 'TrialError' });
  const back = rebuilt(structuredClone(crossed(error)), [TrialError]);
  expect(back).toMatchObject({ origin: { name: 'Inner', code: 'x' } });
  expect(back).not.toHaveProperty('retry');
});

test('an error of an unknown class is an Error of that name, with its code', () => {
  const back = rebuilt(structuredClone(crossed(new TrialError('code', 'message'))), []);
  expect(Object.getPrototypeOf(back)).toBe(Error.prototype);
  expect(back).toMatchObject({ name: 'TrialError', code: 'code', message: 'message' });
});

test('a cause that is the error itself ends', () => {
  const error = new Error('round');
  error.cause = error;
  expect(rebuilt(crossed(error), []).message).toBe('round');
});
