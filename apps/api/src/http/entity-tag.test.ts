import { expect, test } from '@jest/globals';
import { namesEntityTag } from './entity-tag.js';

test.each([
  [undefined, false],
  ['', false],
  ['"abc"', true],
  ['"other"', false],
  ['"other", "abc"', true],
  ['W/"abc"', true],
  ['"a,b","abc"', true],
  ['abc', false],
  [' * ', true],
])('%j names "abc": %j', (header, expected) => {
  expect(namesEntityTag(header, '"abc"')).toBe(expected);
});
