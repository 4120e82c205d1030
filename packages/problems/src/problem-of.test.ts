import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { AdaptationError } from '@mediclip/adaptation';
import { WeightsError } from '@mediclip/backbones';
import { problemKind } from '@mediclip/contracts';
import { EngineError } from '@mediclip/engine';
import { ImageError } from '@mediclip/imaging';
import { QueueUnavailableError, ScoreDeadlineError } from '@mediclip/queue';
import {
  DamagedContent,
  DamagedRecord,
  InvalidCursor,
  RecordInUse,
  RecordNotFound,
  StoreForbidden,
  StoreFull,
  StoreUnavailable,
} from '@mediclip/store';
import { problemOf, sentenceOf } from './problem-of.js';
import { ofAdaptation, ofImages, ofWeights } from './tables.js';

const systemError = (code: string) =>
  Object.assign(new Error(`${code}: no, open '/data/tmp/upload'`), { code, syscall: 'open', path: '/data/tmp/upload' });

const computeFailed = (name: string, code?: string) =>
  new EngineError('compute-failed', 'What to do.', { name, ...(code !== undefined && { code }) });

describe('the problem of an error', () => {
  test('keeps every sentence that says what to do', () => {
    const errors = [
      ...Object.keys(ofImages).map((code) => new ImageError(code as never, 'Send another.')),
      ...Object.keys(ofWeights).map((code) => new WeightsError(code as never, 'Bring others.')),
      ...Object.keys(ofAdaptation).map((code) => new AdaptationError(code as never, 'Change it.')),
    ];
    for (const error of errors) {
      const problem = problemOf(error);
      expect([error.code, problem.slug]).not.toContain('internal');
      expect(problem).toMatchObject({ message: error.message, cause: error });
      expect(error.code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    }
  });

  test('is the same on both sides of the engine process', () => {
    for (const [code, slug] of Object.entries(ofAdaptation)) {
      expect(problemOf(computeFailed('AdaptationError', code))).toMatchObject({ slug, message: 'What to do.' });
    }
    for (const [code, slug] of Object.entries(ofWeights)) {
      expect(problemOf(computeFailed('WeightsError', code))).toMatchObject({ slug, message: 'What to do.' });
    }
    expect(problemOf(computeFailed('Error', 'ENOSPC')).slug).toBe('storage-full');
    expect(problemOf(computeFailed('OutOfMemoryError')).slug).toBe('device-out-of-memory');
    expect(problemOf(computeFailed('TypeError')).slug).toBe('internal');
  });

  test('of weights that differ is a conflict that says which weights to bring', () => {
    const { slug, status } = problemOf(new AdaptationError('backbone-mismatch', 'Bring the same weights.'));
    expect([slug, status]).toEqual(['backbone-weights-differ', 409]);
  });

  test('of memory, of an encoding and of a damaged file are three', () => {
    const slugs = [
      new RangeError('Array buffer allocation failed'),
      new ImageError('unsupported-encoding', 'Save it anew.'),
      new ImageError('corrupt-image', 'Save it anew.'),
    ].map((error) => problemOf(error).slug);
    expect(slugs).toEqual(['out-of-memory', 'image-unsupported-encoding', 'image-corrupt']);
  });

  test.each([
    [new RecordInUse('data-set-in-use', 'Wait.', ['a']), 409, 'data-set-in-use'],
    [new RecordInUse('model-in-use', 'Wait.', ['a']), 409, 'model-in-use'],
    [new RecordNotFound('None.'), 404, 'not-found'],
    [new InvalidCursor('None.'), 400, 'validation-failed'],
    [new DamagedContent('Changed.'), 500, 'digest-mismatch'],
    [new DamagedRecord('Changed.'), 500, 'digest-mismatch'],
    [new StoreFull('Full: /data.'), 507, 'storage-full'],
    [new StoreForbidden('Read-only: /data.'), 503, 'store-forbidden'],
    [new StoreUnavailable('Away: /data.'), 503, 'store-unavailable'],
    [new QueueUnavailableError('Away.'), 503, 'queue-unavailable'],
    [new ScoreDeadlineError(1), 504, 'deadline-exceeded'],
    [systemError('ENOSPC'), 507, 'storage-full'],
    [systemError('EDQUOT'), 507, 'storage-full'],
    [systemError('EROFS'), 503, 'store-forbidden'],
    [systemError('EIO'), 503, 'store-unavailable'],
    [systemError('EMFILE'), 503, 'too-many-open-files'],
    [systemError('ENOMEM'), 503, 'out-of-memory'],
    [systemError('ENOENT'), 500, 'internal'],
    [new TypeError('A bug in /data.'), 500, 'internal'],
  ])('%s has status %i and the type %s', (error, status, slug) => {
    const problem = problemOf(error);
    expect(problem).toMatchObject({ status, slug, cause: error });
    expect(problem.message).not.toContain('/data');
    expect(problem.extras.retryAfterSeconds !== undefined).toBe(problemKind(problem.slug).retryable === true);
  });

  test('names the jobs that stand in the way', () => {
    expect(problemOf(new RecordInUse('model-in-use', 'Wait.', ['a'])).extras).toEqual({ jobIds: ['a'] });
  });

  test('that is a problem already is itself', () => {
    const problem = problemOf(new RecordNotFound('None.'));
    expect(problemOf(problem)).toBe(problem);
  });
});

describe('the sentence for the person at the machine', () => {
  test('names places that clients are not told of', async () => {
    expect(sentenceOf(new StoreFull('The disk of /data is full.'))).toBe('The disk of /data is full.');
    const refused = await writeFile('/dev/null/file', '').catch((error: unknown) => error);
    expect(sentenceOf(refused)).toMatch(/^ENOTDIR: .*\/dev\/null\/file': check that place/);
  });

  test('is missing for a bug, which keeps its stack', () => {
    expect(sentenceOf(new TypeError('undefined is not a function'))).toBeUndefined();
  });
});
