import { describe, expect, test } from '@jest/globals';
import { resolveAdaptationOptions } from '@mediclip/contracts';
import fc from 'fast-check';
import { drawTask, type SynthesisOptions, type SynthesisTask } from './options.js';
import { RandomStream } from './random/random-stream.js';
import { expectShare } from './testing/statistics.js';

const { synthesis: defaults } = resolveAdaptationOptions({ preset: 'paper' });
const { tasks } = defaults;
const names = Object.keys(tasks) as SynthesisTask[];

function withTasks(change: Partial<Record<SynthesisTask, number>>): SynthesisOptions {
  return { ...defaults, tasks: { ...tasks, ...change } };
}

function drawMany(options: SynthesisOptions): SynthesisTask[] {
  const random = new RandomStream(1, 0, 0);
  return Array.from({ length: 4000 }, () => drawTask(options, random));
}

describe('drawTask', () => {
  test('draws each task as often as it is configured', () => {
    const mixed = withTasks({
      cutPaste: 0.4,
      gaussianIntensity: 0.1,
      smoothIntensity: 0.2,
      sinkDeformation: 0.05,
      identity: 0,
    });
    for (const options of [defaults, mixed]) {
      const drawn = drawMany(options);
      for (const name of names) {
        expectShare(
          drawn.map((task) => task === name),
          options.tasks[name],
        );
      }
    }
  });

  test('does not depend on the order of the keys', () => {
    const reversed = Object.fromEntries(Object.entries(tasks).reverse()) as typeof tasks;
    expect(drawMany({ ...defaults, tasks: reversed })).toEqual(drawMany(defaults));
  });

  test('answers for any weights that sum to 1 up to rounding', () => {
    const weights = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(weights, fc.nat(), (drawn, seed) => {
        const sum = drawn.reduce((total, weight) => total + weight, 0);
        fc.pre(sum > 0);
        const shares = Object.fromEntries(names.map((name, i) => [name, drawn[i]! / sum])) as typeof tasks;
        const task = drawTask({ tasks: shares, secondAnomalyProbability: 0 }, new RandomStream(seed, 0, 0));
        expect(shares[task]).toBeGreaterThan(0);
      }),
    );
  });

  test.each<{ what: string; options: SynthesisOptions }>([
    { what: 'a sum below 1', options: withTasks({ cutPaste: 0.2 }) },
    { what: 'a sum above 1', options: withTasks({ cutPaste: 0.3 }) },
    { what: 'a negative probability', options: withTasks({ cutPaste: -0.25, identity: 0.75 }) },
    { what: 'no number', options: withTasks({ cutPaste: Number.NaN }) },
  ])('refuses $what', ({ options }) => {
    expect(() => drawMany(options)).toThrow(RangeError);
    expect(() => drawMany(options)).toThrow('The task probabilities must lie in 0 to 1 and sum to 1');
  });

  test.each([-0.1, 1.1, Number.NaN])(
    'refuses %d as the probability of a second anomaly',
    (secondAnomalyProbability) => {
      const options = { ...defaults, secondAnomalyProbability };
      expect(() => drawMany(options)).toThrow(`The probability of a second anomaly is ${secondAnomalyProbability}`);
    },
  );
});
