import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { problemKind, problemSlugs } from './catalogue.js';
import { jsonPointer } from './field-errors.js';
import { problemPage } from './page.js';
import { ProblemError, problemSchema, problemSlug } from './problem.js';
import { validate } from './validate.js';

function thrown(run: () => unknown): ProblemError {
  try {
    run();
  } catch (error) {
    if (error instanceof ProblemError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe.each(problemSlugs)('the problem %s', (slug) => {
  const kind = problemKind(slug);

  it('is an error status with words for people', () => {
    expect(slug).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(kind.status).toBeGreaterThanOrEqual(400);
    expect(kind.title).not.toMatch(/\.$/);
    expect(kind.meaning).toMatch(/\.$/);
    expect(kind.remedy).toMatch(/\.$/);
  });

  it('makes valid problem details that lead back to it', () => {
    const problem = new ProblemError(slug).toProblem({ instance: '/v1/models', requestId: 'a' });
    expect(problemSchema.parse(problem)).toEqual(problem);
    expect(problem).toMatchObject({ status: kind.status, title: kind.title, detail: kind.meaning });
    expect(problemSlug(problem)).toBe(slug);
  });

  it('has a page without raw markup', () => {
    const page = problemPage(slug);
    expect(page).toContain(`<code>${slug}</code>`);
    expect(page).not.toContain('`');
    expect(page).not.toContain('<script');
  });
});

describe('problems', () => {
  it('mark statuses that a client may retry', () => {
    for (const slug of problemSlugs) {
      if (problemKind(slug).status === 429) expect(problemKind(slug).retryable).toBe(true);
    }
  });

  it('keep their extras', () => {
    const problem = new ProblemError('too-few-images', '3 of 16.', { needed: 16, available: 3 }).toProblem();
    expect(problem).toEqual({
      type: '/problems/too-few-images',
      title: 'The data set has too few images',
      status: 422,
      detail: '3 of 16.',
      needed: 16,
      available: 3,
    });
  });

  it('have no slug when their type is foreign', () => {
    expect(problemSlug({ type: 'about:blank' })).toBeUndefined();
    expect(problemSlug({ type: '/problems/toString' })).toBeUndefined();
  });
});

describe('validation', () => {
  const schema = z.strictObject({ 'a/b': z.strictObject({ count: z.int() }), list: z.array(z.string()) });

  it('lists a hundred faults at most and no name that is no name, and counts all of them', () => {
    const known = z.strictObject({ list: z.array(z.string()).optional() });
    const unknown = Object.fromEntries(Array.from({ length: 80_000 }, (_, key) => [`k${key}`, 1]));
    for (const value of [unknown, { list: Array.from({ length: 80_000 }, () => 1) }]) {
      const { extras, message } = thrown(() => validate(known, value));
      expect(extras.errors).toHaveLength(100);
      expect(message).toContain('(and 79999 more)');
    }
    const { extras } = thrown(() => validate(known, { ['k'.repeat(900_000)]: 1 }));
    expect(extras.errors).toEqual([{ in: 'body', pointer: '', detail: 'This field is not known' }]);
  });

  it('names every fault by its JSON pointer', () => {
    const { extras, message } = thrown(() => validate(schema, { 'a/b': { count: 'x', extra: 1 }, list: ['', 2] }));
    expect(extras.errors?.map(({ in: part, pointer }) => [part, pointer]).sort()).toEqual([
      ['body', '/a~1b/count'],
      ['body', '/a~1b/extra'],
      ['body', '/list/1'],
    ]);
    expect(message).toContain('and 2 more');
  });

  it('points at the whole when the whole is wrong', () => {
    const { extras, message } = thrown(() => validate(schema, 'text', 'query'));
    expect(extras.errors).toMatchObject([{ in: 'query', pointer: '' }]);
    expect(message).toMatch(/^the query: /);
  });

  it('escapes tildes before slashes', () => {
    expect(jsonPointer(['~/', 0])).toBe('/~0~1/0');
  });
});
