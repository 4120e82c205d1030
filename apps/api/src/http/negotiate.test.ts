import { describe, expect, test } from '@jest/globals';
import { ProblemError } from '@mediclip/contracts';
import { negotiate } from './negotiate.js';

const offered = ['application/json', 'image/png'] as const;

describe('negotiation of the media type', () => {
  test.each([
    [undefined, 'application/json'],
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['image/png', 'image/png'],
    ['IMAGE/PNG', 'image/png'],
    ['image/*', 'image/png'],
    ['text/html, image/png;q=0.5, */*;q=0.1', 'image/png'],
    ['application/json;q=0, */*', 'image/png'],
    ['image/png;q=0.3, application/json; q=0.9', 'application/json'],
  ])('%j gives %s', (accept, expected) => {
    expect(negotiate(accept, offered)).toBe(expected);
  });

  test.each(['text/html', 'image/png;q=0', 'image/webp, text/*'])('%j gives nothing', (accept) => {
    expect(() => negotiate(accept, offered)).toThrow(ProblemError);
  });
});
