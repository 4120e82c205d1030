import { expect, test } from '@jest/globals';
import { boundedErrors } from './bounded-errors.js';

test('an error that comes again and again is one line a minute, which says how often it came', () => {
  const lines: [{ repeats?: number }, string][] = [];
  let nowMs = 0;
  const onError = boundedErrors({ error: (...line: unknown[]) => lines.push(line as never) } as never, () => nowMs);
  for (let i = 0; i < 43; i++) onError(new Error(`OOM command not allowed, try ${i}`));
  onError(new Error('READONLY'));
  expect(lines.map(([, message]) => message)).toEqual(['OOM command not allowed, try 0', 'READONLY']);
  nowMs = 60_000;
  onError(new Error('OOM command not allowed, try 43'));
  expect(lines.at(-1)).toMatchObject([{ repeats: 42 }, 'OOM command not allowed, try 43']);
});
