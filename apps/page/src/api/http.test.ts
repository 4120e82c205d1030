import { describe, expect, test } from '@jest/globals';
import { ApiProblem, sentenceOf } from './http.js';

const problem = { title: 'Title', status: 429, detail: 'What happened.', instance: '/v1/adaptations' };

describe('what went wrong', () => {
  test('is said in the words of the server, with what to do about it where that is known', () => {
    const sentence = (more: object) => sentenceOf(new ApiProblem({ ...problem, type: '/problems/not-found', ...more }));
    expect(sentence({})).toBe('What happened.');
    expect(sentence({ retryAfterSeconds: 5 })).toBe('What happened. Try again in 5 s.');
    for (const slug of ['queue-full', 'too-many-jobs']) {
      expect(sentence({ type: `/problems/${slug}`, retryAfterSeconds: 5 })).toBe(
        'What happened. Try again in 5 s, or cancel jobs that are no longer needed.',
      );
    }
  });

  test('is said of a server that is away, and of anything else', () => {
    expect(sentenceOf(new TypeError('fetch failed'))).toBe('The server cannot be reached. Is it running?');
    expect(sentenceOf(new Error('The bundled pictures are not there.'))).toBe('The bundled pictures are not there.');
  });
});
