import { describe, expect, it } from '@jest/globals';
import { fieldErrors } from '../problems/field-errors.js';
import { adaptationOptionsSchema } from './adaptation-options.js';
import {
  type AdaptationOptionsInput,
  adaptationOptionsInputSchema,
  resolveAdaptationOptions,
} from './adaptation-options-input.js';
import { adaptationPresets } from './adaptation-presets.js';

const faults = (input: unknown) => {
  const result = adaptationOptionsInputSchema.safeParse(input);
  return result.success ? [] : fieldErrors(result.error).errors.map(({ pointer }) => pointer);
};

describe('adaptation options', () => {
  it('resolves nothing to the default preset', () => {
    expect(resolveAdaptationOptions()).toEqual({ ...adaptationPresets.default, preset: 'default' });
  });

  it('draws the four kinds of samples of the paper alike, with two anomalies in a half, and by default an even patch as well', () => {
    const paper = { cutPaste: 0.25, gaussianIntensity: 0.25, sourceDeformation: 0.25, identity: 0.25 };
    expect(resolveAdaptationOptions({ preset: 'paper' }).synthesis).toEqual({
      tasks: { ...paper, smoothIntensity: 0, sinkDeformation: 0 },
      secondAnomalyProbability: 0.5,
    });
    const five = { cutPaste: 0.2, gaussianIntensity: 0.2, smoothIntensity: 0.2, sourceDeformation: 0.2, identity: 0.2 };
    expect(resolveAdaptationOptions().synthesis).toEqual({
      tasks: { ...five, sinkDeformation: 0 },
      secondAnomalyProbability: 0.5,
    });
  });

  it.each(['default', 'paper'] as const)('has valid values for every option in preset %s', (preset) => {
    const { success } = adaptationOptionsSchema.safeParse({ ...adaptationPresets[preset], preset });
    expect(success).toBe(true);
  });

  it('takes the values of the paper from its preset and lets a request override them', () => {
    const options = resolveAdaptationOptions({ preset: 'paper', training: { epochs: 3 } });
    expect(options.promptAttention).toBe('full');
    expect(options.scoring.pooling).toBe('max');
    expect(options.training).toMatchObject({ epochs: 3, averaging: 0, learningRate: 1e-3 });
    expect(resolveAdaptationOptions({ preset: 'paper' }).training.epochs).toBe(200);
  });

  it('gives tasks that are not named probability 0', () => {
    const { tasks } = resolveAdaptationOptions({ synthesis: { tasks: { cutPaste: 0.5, identity: 0.5 } } }).synthesis;
    expect(tasks).toEqual({
      cutPaste: 0.5,
      gaussianIntensity: 0,
      smoothIntensity: 0,
      sourceDeformation: 0,
      sinkDeformation: 0,
      identity: 0.5,
    });
  });

  it('keeps the phrases of the state that a request does not name', () => {
    const { prompts } = resolveAdaptationOptions({ prompts: { normal: ['healthy brain'] } });
    expect(prompts.normal).toEqual(['healthy brain']);
    expect(prompts.abnormal).toEqual(adaptationPresets.default.prompts.abnormal);
  });

  it('resolves its own result to itself', () => {
    const options = resolveAdaptationOptions({ name: 'a', taps: [4, 10], training: { selection: 'last' }, seed: 7 });
    expect(resolveAdaptationOptions(options)).toEqual(options);
  });

  it.each<[string, unknown, string[]]>([
    ['unknown fields', { shotz: 3, training: { epoch: 1 } }, ['/training/epoch', '/shotz']],
    ['a fraction of a shot', { shots: 1.5 }, ['/shots']],
    ['a seed beyond 32 bits', { seed: 2 ** 32 }, ['/seed']],
    ['a learning rate of 0', { training: { learningRate: 0 } }, ['/training/learningRate']],
    ['probabilities that do not sum to 1', { synthesis: { tasks: { cutPaste: 0.5 } } }, ['/synthesis/tasks']],
    ['repeated positions', { phrasePositions: ['end', 'end'] }, ['/phrasePositions']],
    ['descending taps', { taps: [10, 4] }, ['/taps']],
    ['an empty phrase list', { prompts: { normal: [] } }, ['/prompts/normal']],
    ['a blank phrase', { prompts: { normal: ['ok', ' '] } }, ['/prompts/normal/1']],
    ['a selection without samples', { training: { heldOutSamples: 0 } }, ['/training/heldOutSamples']],
  ])('refuses %s', (_, input, pointers) => {
    expect(faults(input).sort()).toEqual(pointers.sort());
    expect(() => resolveAdaptationOptions(input as AdaptationOptionsInput)).toThrow();
  });
});
