import { afterAll, describe, expect, test } from '@jest/globals';
import { AdaptationError } from '@mediclip/adaptation';
import { WeightsError } from '@mediclip/backbones';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import { temporaryFolder } from '@mediclip/testing';
import { crossed, rebuilt } from '@mediclip/threads';
import fc from 'fast-check';
import { backboneErrors, openBackboneThreads } from './backbone-threads.js';

const threads = openBackboneThreads(temporaryFolder());
afterAll(() => threads.close());

describe('the threads that open backbones', () => {
  test('say what a backbone cannot do, several at once', async () => {
    const options = resolveAdaptationOptions();
    const wrong = { ...options, taps: [99], prompts: { ...options.prompts, normal: ['spot '.repeat(200)] } };
    const [none, two] = await Promise.all([threads.run('optionFaults', options), threads.run('optionFaults', wrong)]);
    expect(none).toEqual([]);
    expect(two.map(({ pointer }) => pointer)).toEqual(['/taps/0', '/prompts/normal/0']);
  });

  test('reject with the errors of the rooms that they work for', async () => {
    const unknown = threads.run('optionFaults', { ...resolveAdaptationOptions(), backbone: 'none' as never });
    await expect(unknown).rejects.toBeInstanceOf(WeightsError);
    await expect(unknown).rejects.toMatchObject({ code: 'unknown-backbone' });
    const empty = threads.run('buildDetector', temporaryFolder());
    await expect(empty).rejects.toBeInstanceOf(AdaptationError);
    await expect(empty).rejects.toMatchObject({ code: 'corrupt-detector' });
  });

  test('every class of their errors crosses whole', () => {
    const error = fc.oneof(
      fc.tuple(fc.constant(WeightsError), fc.constantFrom('unknown-tap', 'bad-prompt', 'weights-missing')),
      fc.tuple(fc.constant(AdaptationError), fc.constantFrom('corrupt-detector', 'backbone-mismatch')),
    );
    expect(backboneErrors).toEqual([AdaptationError, WeightsError]);
    fc.assert(
      fc.property(error, fc.string(), ([Class, code], message) => {
        const original = new (Class as new (code: string, message: string) => Error)(code, message);
        const back = rebuilt(structuredClone(crossed(original)), backboneErrors);
        expect(back).toBeInstanceOf(Class);
        expect(back).toMatchObject({ name: Class.name, code, message, stack: original.stack });
      }),
    );
  });
});
